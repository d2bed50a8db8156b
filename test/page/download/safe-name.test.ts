import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  commonFolder,
  numberedName,
  partName,
  safeName,
  safePath,
} from '#sealift/page/download/safe-name.js';

test('an ordinary name stays as it is', () => {
  for (const name of [
    'a.txt',
    'Käse – 好.tar.gz',
    '👩‍👩‍👧.png',
    'a.b.c',
    'CONTENTS',
    'com10',
    'x~',
    "it's (1).txt",
  ]) {
    expect(safeName(name)).toBe(name);
  }
});

test('a name from a server is made harmless', () => {
  const cases: [string, string][] = [
    ['', '_'],
    ['.', '_'],
    ['..', '_'],
    ['.bashrc', '_bashrc'],
    ['\u200b.bashrc', '_.bashrc'],
    ['  .profile', '_profile'],
    ['a/../../b', 'a_.._.._b'],
    ['a\\b', 'a_b'],
    ['C:\\x', 'C__x'],
    ['a.txt:stream', 'a.txt_stream'],
    ['a\0\n\x1b[31m.txt', 'a___[31m.txt'],
    ['invoice\u202Egpj.exe', 'invoice_gpj.exe'],
    ['\ud800.txt', '_.txt'],
    ['dots...', 'dots_'],
    ['blanks. . ', 'blanks_'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['Com1 .tar', '_Com1 .tar'],
    ['LPT³', '_LPT³'],
  ];
  for (const [name, safe] of cases) expect(safeName(name), JSON.stringify(name)).toBe(safe);
});

test('whatever a server sends, the name is one segment that every system takes as it is', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('.', '..', '/', '\\', ' ', 'CON', 'nul', '\u202e', '\0', '\ud800', '好'.repeat(90), 'é'),
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 8 }), (parts) => {
      const name = parts.join('');
      for (const made of [safeName(name), partName(safeName(name)), numberedName(safeName(name), 12)]) {
        expect(made).toMatch(/^[^./\\\s][^/\\]*$/u);
        expect(made).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069:*?"<>|]|[. ]$|\p{Surrogate}/u,
        );
        expect(made).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$)/i);
        expect(Buffer.byteLength(made)).toBeLessThanOrEqual(255);
      }
      expect(safeName(safeName(name))).toBe(safeName(name));
    }),
    { numRuns: 2_000 },
  );
});

test('a long name keeps its extension, and has room for a number and for what marks it as a part', () => {
  const name = `${'ü'.repeat(150)}.txt`;
  expect(safeName(name)).toMatch(/^ü+\.txt$/);
  expect(Buffer.byteLength(safeName(name))).toBe(254);
  expect(numberedName(safeName(name), 7)).toMatch(/^ü+ \(7\)\.txt$/);
  expect(partName('a.txt')).toBe('a.txt.sealift-part');
});

test('of names in folders that part stays that they do not share', () => {
  expect(commonFolder(['a/b/c.txt', 'a/b/d/e.txt'])).toBe('a/b');
  expect(commonFolder(['a/b.txt', 'ab/b.txt'])).toBe('');
  expect(commonFolder(['top.txt', 'a/b.txt'])).toBe('');
  expect(commonFolder([])).toBe('');
  expect(safePath('a/b/d/e.txt', 'a/b')).toEqual(['d', 'e.txt']);
  expect(safePath('../../etc/passwd', '')).toEqual(['_', '_', 'etc', 'passwd']);
});
