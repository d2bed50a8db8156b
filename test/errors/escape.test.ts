import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeControls } from '#sealift/errors/escape.js';

test.each([
  ['a\nb', 'a\\nb'],
  ['a\r\tb', 'a\\r\\tb'],
  ['\u0000', '\\x00'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['\u007f', '\\x7f'],
  ['\u009b31m', '\\x9b31m'],
  ['\u0085', '\\x85'],
  ['\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['\u200e\u200f\u061c\u2066\u2069', '\\u{200e}\\u{200f}\\u{61c}\\u{2066}\\u{2069}'],
  ['\ud800', '\\u{d800}'],
])('%j is shown as %s', (text, shown) => {
  expect(escapeControls(text)).toBe(shown);
});

test.each(['girl.png', 'Mädchen 女孩 😀 👩‍💻.png', 'שלום', '%1b', '\\x1b', 'a\'b"c'])(
  '%j stays as it is',
  (text) => {
    expect(escapeControls(text)).toBe(text);
  },
);

test('what is escaped has nothing left that a terminal acts on, and is escaped once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = escapeControls(text);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u);
      expect(escapeControls(shown)).toBe(shown);
    }),
  );
});
