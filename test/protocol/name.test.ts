import { join } from 'node:path/posix';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNames, faultOfName, isName } from '#sealift/protocol/name.js';

test.each([
  'a',
  'girl.png',
  'a/b/c',
  'with space',
  ' ',
  'a.',
  'a..b',
  'a./b..',
  '%2e%2e/%2f',
  'C:x',
  'NUL.txt',
  'a:stream',
  '~root',
  '-rf',
  '*?[x]{a,b}',
  'Mädchen',
  '女孩',
  '😀',
  '👩‍💻',
  '__proto__',
  'quote\'"',
  '\u00a0',
  '\u00ad',
  '\ufeff',
])('%j is a name', (name) => {
  expect(faultOfName(name)).toBeNull();
  expect(isName(name)).toBe(true);
});

test.each([
  ['', 'is empty'],
  ['/a', 'empty segment'],
  ['a/', 'empty segment'],
  ['a//b', 'empty segment'],
  ['/', 'empty segment'],
  ['.', 'dot'],
  ['..', 'dot'],
  ['a/..', 'dot'],
  ['../a', 'dot'],
  ['a/./b', 'dot'],
  ['a/../b', 'dot'],
  ['.hidden', 'dot'],
  ['a/.hidden/b', 'dot'],
  ['...', 'dot'],
  ['a\\b', 'backslash'],
  ['..\\a', 'backslash'],
  ['a\u0000b', 'control'],
  ['a\nb', 'control'],
  ['a\u001f', 'control'],
  ['a\u001b[2J', 'control'],
  ['a\u007f', 'control'],
  ['a\u0080', 'control'],
  ['a\u009f', 'control'],
  ['a\u2028', 'control'],
  ['a\u2029', 'control'],
  ['a\u202egnp', 'control'],
  ['a\u200f', 'control'],
  ['a\u061c', 'control'],
  ['a\u2069', 'control'],
  ['a\ud800', 'surrogate'],
  ['\udc00a', 'surrogate'],
  ['a\ud83d/b', 'surrogate'],
  ['Ma\u0308dchen', 'NFC'],
  ['\u212b', 'NFC'],
])('%j is no name: %s', (name, fault) => {
  expect(faultOfName(name)).toContain(fault);
  expect(isName(name)).toBe(false);
});

test('a name has at most 1,024 bytes', () => {
  const folders = `${'a'.repeat(255)}/`.repeat(3);
  const longest = `${folders}${'b'.repeat(250)}/${'c'.repeat(5)}`;
  expect(longest).toHaveLength(1_024);
  expect(faultOfName(longest)).toBeNull();
  expect(faultOfName(`${longest}c`)).toBe('is longer than 1024 bytes');
});

test('a name is measured in bytes, not in characters', () => {
  const segment = '女'.repeat(85);
  expect(Buffer.byteLength(segment)).toBe(255);
  const name = `${segment}/${segment}/${segment}/${segment}`;
  expect(name.length).toBeLessThan(400);
  expect(faultOfName(name)).toBeNull();
  expect(faultOfName(`${name}/a`)).toBe('is longer than 1024 bytes');
});

test('a segment has at most 255 bytes, wherever it is', () => {
  for (const place of [(s: string) => s, (s: string) => `a/${s}`, (s: string) => `${s}/a`]) {
    expect(faultOfName(place('b'.repeat(255)))).toBeNull();
    expect(faultOfName(place('b'.repeat(256)))).toBe('has a segment longer than 255 bytes');
    expect(faultOfName(place('ä'.repeat(127)))).toBeNull();
    expect(faultOfName(place('ä'.repeat(128)))).toBe('has a segment longer than 255 bytes');
  }
});

test('names of ASCII alone: what the rules say one by one', () => {
  const piece = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('/', '.', '\\', 'a', ' '));
  const long = fc.nat(600).map((length) => 'x'.repeat(length));
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: piece }, { weight: 1, arbitrary: long })),
      (pieces) => {
        const name = pieces.join('');
        const keepsRules = (segment: string) => /^[^.].{0,254}$/s.test(segment);
        const isRight =
          name.length <= 1_024 && name.split('/').every(keepsRules) && !/[\\\x00-\x1f\x7f]/.test(name);
        expect(faultOfName(name) === null, JSON.stringify(name)).toBe(isRight);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('whatever is a name stays inside a folder it is joined to', () => {
  const parts = fc.array(fc.constantFrom('a', 'b.c', '.', '/', '..', '\\', '%2e'), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(parts, (parts) => {
      const name = parts.join('');
      fc.pre(isName(name));
      expect(join('/srv', name)).toBe(`/srv/${name}`);
    }),
  );
});

test('names are ordered by the bytes of their UTF-8', () => {
  expect(compareNames('a', 'a')).toBe(0);
  expect(compareNames('a', 'b')).toBeLessThan(0);
  expect(compareNames('a', 'aa')).toBeLessThan(0);
  expect(compareNames('a/b', 'a-b')).toBeGreaterThan(0);
  // In UTF-16, which JavaScript compares by, it is the other way round.
  expect(compareNames('\uffee', '😀')).toBeLessThan(0);
  expect('\uffee' < '😀').toBe(false);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(Math.sign(compareNames(a, b))).toBe(Math.sign(-compareNames(b, a)) + 0);
      expect(Math.sign(compareNames(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
