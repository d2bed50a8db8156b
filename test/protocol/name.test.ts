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
      expect(compareNames(a, b) === 0).toBe(a === b);
    }),
  );
});
