import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEntry, encodeEntry } from '#sealift/protocol/messages/entry.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

const MD5 = '0123456789abcdef0123456789abcdef';
const ENTRY = { name: 'a', type: 'text/plain', size: 5, md5: MD5, mtime: 1_767_225_600_000 };
const decode = (text: string) => decodeEntry(Buffer.from(text));

test('one line, fields in this order', () => {
  const entry = { verifiedAt: 7, mtime: 0, md5: null, size: 5, type: 'text/plain', name: 'a' };
  const start = '{"name":"a","type":"text/plain","size":5,"md5":null,"mtime":0,"verifiedAt":';
  expect(encodeEntry({ ...entry, rotten: false })).toBe(`${start}7}\n`);
  expect(encodeEntry({ ...entry, rotten: true })).toBe(`${start}7,"rotten":true}\n`);
  expect(encodeEntry({ ...entry, verifiedAt: null })).toBe(`${start}null}\n`);
});

test('any entry there and back, as one line', () => {
  const entry = fc.record({
    name: fc.string({ unit: 'grapheme' }),
    type: fc.string(),
    size: fc.maxSafeNat(),
    md5: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/)),
    mtime: fc.maxSafeInteger(),
    verifiedAt: fc.option(fc.maxSafeInteger()),
  });
  fc.assert(
    fc.property(entry, (entry) => {
      const line = encodeEntry(entry);
      expect(line).toBe(`${JSON.stringify(entry)}\n`);
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(decode(line)).toEqual(entry);
    }),
  );
});

test('unknown fields are ignored', () => {
  expect(decode(JSON.stringify({ ...ENTRY, later: 1 }))).toEqual(ENTRY);
});

test('a line cut at any position is no entry', () => {
  const line = JSON.stringify(ENTRY);
  for (let at = 0; at < line.length; at++)
    expect(() => decode(line.slice(0, at)), `at ${at}`).toThrow(ProtocolError);
});

test.each([
  { ...ENTRY, name: undefined },
  { ...ENTRY, name: 5 },
  { ...ENTRY, type: null },
  { ...ENTRY, size: -1 },
  { ...ENTRY, size: 1.5 },
  { ...ENTRY, size: '5' },
  { ...ENTRY, size: 2 ** 53 },
  { ...ENTRY, md5: undefined },
  { ...ENTRY, md5: 'x' },
  { ...ENTRY, mtime: 0.5 },
])('%o is no entry', (entry) => {
  expect(() => decode(JSON.stringify(entry))).toThrow(
    new ProtocolError('listing has a line that is no entry'),
  );
});

test('a line is as strict as a header', () => {
  expect(() => decode('{"name":"a","name":"b"}')).toThrow('twice');
  expect(() => decodeEntry(Buffer.from('{"name":"\xff"}', 'latin1'))).toThrow('UTF-8');
  expect(() => decode('[]')).toThrow(ProtocolError);
});
