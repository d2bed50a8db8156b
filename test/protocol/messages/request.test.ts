import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OPS, parseRequest, requestBodyLength } from '#sealift/protocol/messages/request.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

type Header = Record<string, unknown>;

const MD5 = '0123456789abcdef0123456789abcdef';
const FULL: Header[] = [
  { op: 'get', id: 1, name: 'a', offset: 0, length: 5, ifMd5: MD5, defer: true },
  { op: 'get', name: 'a' },
  { op: 'stat', id: 'x', name: 'a', fresh: true, progress: false },
  { op: 'stat', name: 'a' },
  { op: 'list', id: -5, pattern: '*', after: 'a', limit: 1 },
  { op: 'list', limit: 1_000 },
  { op: 'list' },
  { op: 'ping', payload: 'ahoy' },
  { op: 'ping' },
  { op: 'hello', versions: [1, 2], token: 'secret' },
  { op: 'hello' },
];

test.each(FULL)('%o is a request', (header) => {
  expect(parseRequest(header)).toEqual(header);
  expect(OPS).toContain(header.op);
});

test('unknown fields are ignored', () => {
  for (const header of FULL) {
    const more = JSON.parse(JSON.stringify({ ...header, later: [1], sum: { a: 1 } })) as Header;
    expect(parseRequest(more)).toEqual(header);
  }
});

test('__proto__ is an unknown field', () => {
  const header = JSON.parse('{"op":"get","name":"a","__proto__":{"offset":5,"polluted":true}}') as Header;
  const request = parseRequest(header);
  expect(Object.keys(request)).toEqual(['op', 'name']);
  expect((request as unknown as Header).polluted).toBeUndefined();
  expect((request as unknown as Header).offset).toBeUndefined();
});

const NO_COUNTS = [-1, 1.5, '12', null, true, [], {}, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN];

test.each(NO_COUNTS)('%o is no offset, length or limit', (value) => {
  for (const field of ['offset', 'length']) {
    expect(() => parseRequest({ op: 'get', name: 'a', [field]: value }), field).toThrow(ProtocolError);
  }
  expect(() => parseRequest({ op: 'list', limit: value })).toThrow(ProtocolError);
});

test('the bounds of offset, length and limit', () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect(parseRequest({ op: 'get', name: 'a', offset: most, length: most })).toMatchObject({
    offset: most,
    length: most,
  });
  expect(() => parseRequest({ op: 'list', limit: 0 })).toThrow(ProtocolError);
  expect(() => parseRequest({ op: 'list', limit: 1_001 })).toThrow(ProtocolError);
});

test.each([
  { op: 'get' },
  { op: 'get', name: 5 },
  { op: 'get', name: null },
  { op: 'get', name: ['a'] },
  { op: 'get', name: 'a', defer: 1 },
  { op: 'get', name: 'a', ifMd5: '' },
  { op: 'get', name: 'a', ifMd5: MD5.toUpperCase() },
  { op: 'get', name: 'a', ifMd5: `${MD5}0` },
  { op: 'get', name: 'a', ifMd5: `${MD5}\n` },
  { op: 'get', name: 'a', ifMd5: null },
  { op: 'stat' },
  { op: 'stat', name: 'a', fresh: 'yes' },
  { op: 'stat', name: 'a', progress: 1 },
  { op: 'list', pattern: 5 },
  { op: 'list', after: 5 },
  { op: 'ping', payload: 5 },
  { op: 'ping', payload: 'x'.repeat(1_025) },
  { op: 'hello', versions: 1 },
  { op: 'hello', versions: ['1'] },
  { op: 'hello', token: 5 },
  { op: 'ping', id: null },
  { op: 'ping', id: 1.5 },
  { op: 'ping', id: 2 ** 53 },
  { op: 'ping', id: [] },
  { op: 'ping', id: true },
  { op: 'ping', id: 'x'.repeat(16_383) },
])('%o breaks the protocol', (header) => {
  expect(() => parseRequest(header)).toThrow(ProtocolError);
});

test('payload and id at their bounds', () => {
  for (const id of ['x'.repeat(16_382), 2 ** 53 - 1, 1 - 2 ** 53, 0, '']) {
    expect(parseRequest({ op: 'ping', id, payload: 'x'.repeat(1_024) })).toMatchObject({ id });
  }
  // Measured as JSON, in bytes: every control character is six.
  expect(() => parseRequest({ op: 'ping', id: '\u0001'.repeat(2_731) })).toThrow(ProtocolError);
  expect(parseRequest({ op: 'ping', id: '\u0001'.repeat(2_730) })).toBeDefined();
});

test('what is wrong is said by field, in one line', () => {
  expect(() => parseRequest({ op: 'get', name: 'a', offset: -1 })).toThrow(/^get: offset: .+$/);
  expect(() => parseRequest({ op: 'hello', versions: ['1'] })).toThrow(/^hello: versions\.0: .+$/);
});

test.each([{}, { op: 5 }, { op: null }, { op: ['get'] }, { op: {} }])('%o has no op', (header) => {
  expect(() => parseRequest(header)).toThrow(new ProtocolError('op is missing'));
});

test.each(['', 'GET', 'toString', '__proto__', 'constructor', 'x'.repeat(60_000)])(
  'op %.20s is not offered',
  (op) => {
    expect(() => parseRequest({ op })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() => parseRequest({ op })).toThrow(/^op ".{0,64}" is not offered$/);
  },
);

test('no header makes anything but a request, UNSUPPORTED or a ProtocolError', () => {
  const field = fc.constantFrom(
    'op',
    'id',
    'name',
    'offset',
    'length',
    'ifMd5',
    'limit',
    'payload',
    'versions',
    '__proto__',
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>('get', 'list', 'stat', 'ping', 'hello', 1, 'a'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value)), (fields) => {
      const header = JSON.parse(JSON.stringify(Object.fromEntries(fields))) as Header;
      try {
        expect(parseRequest(header).op).toBe(header.op);
      } catch (error) {
        expect(['PROTOCOL', 'UNSUPPORTED']).toContain((error as { code: string }).code);
      }
      expect(requestBodyLength(header)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('length announces a body, in every request but get', () => {
  expect(requestBodyLength({ op: 'get', name: 'a', length: 5 })).toBe(0);
  for (const op of ['stat', 'list', 'ping', 'hello', 'later', undefined]) {
    expect(requestBodyLength({ op, length: 5 })).toBe(5);
    expect(requestBodyLength({ op, length: 0 })).toBe(0);
    expect(requestBodyLength({ op })).toBe(0);
  }
  expect(requestBodyLength({ op: 'put', length: Number.MAX_SAFE_INTEGER })).toBe(Number.MAX_SAFE_INTEGER);
});

test.each(NO_COUNTS)('a length of %o breaks the protocol in every request', (length) => {
  for (const op of ['get', 'stat', 'list', 'ping', 'hello', 'later']) {
    expect(requestBodyLength({ op, length })).toBe(0);
    expect(() => parseRequest({ op, name: 'a', length }), op).toThrow(ProtocolError);
  }
});
