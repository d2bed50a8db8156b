import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHeader } from '#sealift/protocol/header-json.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

const decode = (text: string | Buffer) => decodeHeader(Buffer.from(text as string));
const refusal = (text: string | Buffer): string => {
  try {
    decode(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return (error as Error).message;
  }
  return 'taken';
};

test('any JSON object comes out as JSON.parse gives it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 8 })),
      fc.nat(3),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(decode(text)).toEqual(JSON.parse(text));
      },
    ),
  );
});

test.each(['[]', 'null', 'true', '5', '"text"', '[{}]'])('%s is no object', (text) => {
  expect(refusal(text)).toBe('header is not a JSON object');
});

test.each([
  '',
  '{',
  '{}}',
  '{"a":}',
  "{'a':1}",
  '{"a":01}',
  '{"a":NaN}',
  '{"a":1,}',
  '{} {}',
  '{"a":"\n"}',
  '\0{}',
  'GET / HTTP/1.1',
])('%j is no JSON', (text) => {
  expect(refusal(text)).toBe('header is not valid JSON');
});

test.each([
  ['a byte that begins nothing', 'ff'],
  ['a lone continuation byte', '80'],
  ['an overlong slash', 'c0af'],
  ['an overlong NUL', 'c080'],
  ['an overlong slash in three bytes', 'e080af'],
  ['a surrogate', 'eda080'],
  ['a sequence cut short', 'e282'],
  ['beyond U+10FFFF', 'f4908080'],
])('invalid UTF-8: %s', (_, hex) => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
  expect(refusal(bytes)).toBe('header is not valid UTF-8');
});

test('a byte order mark is no JSON', () => {
  expect(refusal('\ufeff{}')).toBe('header is not valid JSON');
});

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"b":2,"a":1}',
  '{"a":1,"\\u0061":2}',
  '{"\\u0061":1,"\\u0061":2}',
  '{"a\\"":1,"a\\"":2}',
  '{"":1,"":2}',
  '{"b":{"a":1,"a":2}}',
  '{"b":[{"a":1},{"a":1,"a":2}]}',
  '{"b":{"x":{}},"c":1,"b":2}',
  '{"a" :1, "a"\t\r\n: 2}',
  '{"__proto__":1,"__proto__":2}',
])('%s names a field twice', (text) => {
  expect(refusal(text)).toBe('header names a field twice');
});

test.each([
  '{"a":"a","b":"a"}',
  '{"a":{"a":{"a":1}}}',
  '{"a":["a","a","a"]}',
  '{"a":[{"b":1},{"b":1}],"b":1}',
  '{"a":"\\"a\\":1,\\"a\\":2"}',
  '{"a":"{","b":"}","c":"[","d":"\\\\"}',
  '{"a\\\\":1,"a":2}',
  '{"a":1,"A":2}',
])('%s does not', (text) => {
  expect(decode(text)).toEqual(JSON.parse(text));
});

test('of any fields, a repeated one is found and no other', () => {
  const field = fc.constantFrom('a', 'b', 'ab', '', 'c:', 'a"b', '__proto__', '{', '[', 'é', 'a\\');
  const value = fc.oneof(
    fc.constantFrom<unknown>(0, 1e21, true, null, '', 'a', '":"', '{', '\\', ',', [], {}, { a: 'a' }, [
      'a',
      { b: 1 },
    ]),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value)), fc.constantFrom('', ' ', '\n\t'), (members, space) => {
      const json = members.map(
        ([field, value]) => `${JSON.stringify(field)}${space}:${space}${JSON.stringify(value)}`,
      );
      const isRepeated = new Set(members.map(([field]) => field)).size < members.length;
      expect(refusal(`{${space}${json.join(`,${space}`)}}`)).toBe(
        isRepeated ? 'header names a field twice' : 'taken',
      );
    }),
    { numRuns: 1_000 },
  );
});

test('nested 16 deep and no deeper, in objects and arrays', () => {
  const objects = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
  const arrays = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  for (const nested of [objects, arrays]) {
    expect(refusal(nested(16))).toBe('taken');
    expect(refusal(nested(17))).toBe('header is nested too deep');
  }
  expect(refusal(`{"a":"${'['.repeat(100)}"}`)).toBe('taken');
  expect(refusal(`{"a":[${'[],'.repeat(100)}0]}`)).toBe('taken');
});

test('a header of nothing but brackets', () => {
  expect(refusal(`{"a":${'['.repeat(32_000)}${']'.repeat(32_000)}}`)).toBe('header is nested too deep');
  expect(refusal('['.repeat(65_536))).toBe('header is not valid JSON');
});

test('__proto__ and constructor are fields like others', () => {
  const header = decode('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
  expect(Object.hasOwn(header, '__proto__')).toBe(true);
  expect(Object.getPrototypeOf(header)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('random bytes are refused or are an object', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect([
        'taken',
        'header is not valid UTF-8',
        'header is not valid JSON',
        'header is not a JSON object',
      ]).toContain(refusal(Buffer.from(bytes)));
    }),
  );
});
