import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openWord, quoteWord, readLine, wordsOf } from '#sealift/cli/shell/line.js';

describe('words', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' \t ', []],
    ['get a b', ['get', 'a', 'b']],
    ['  get   a\t', ['get', 'a']],
    ["'a b' c", ['a b', 'c']],
    ['"a b"c\'d e\'', ['a bcd e']],
    ['a\\ b', ['a b']],
    ["''", ['']],
    ["a '' b", ['a', '', 'b']],
    ["'a\\'", ['a\\']],
    ['"\\"\\\\\\$\\`\\a"', ['"\\$`\\a']],
    ['$HOME `x` ; | > *', ['$HOME', '`x`', ';', '|', '>', '*']],
    ['# all of it', []],
    ['ls # the rest', ['ls']],
    ['ls a#b \\#c "#"', ['ls', 'a#b', '#c', '#']],
    ["ls # it's", ['ls']],
    ['海 a\u3000b', ['海', 'a\u3000b']],
  ])('%j', (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });

  test.each(["'", '"', "get 'a", 'get "a', 'get "a\\"', '\\', 'get a\\', "a'b'c'"])(
    '%j is not closed',
    (line) => {
      expect(() => wordsOf(line)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...' \t\n\\\'"#$`ab海') }),
);

test('what is quoted is read as it was, in each kind of quotes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.constantFrom(null, "'" as const, '"' as const))), (words) => {
      const line = words.map(([word, quote]) => quoteWord(word, quote)).join(' ');
      expect(wordsOf(line)).toEqual(words.map(([word]) => word));
    }),
  );
});

test('a word that goes on is read as far as it goes', () => {
  fc.assert(
    fc.property(text, text, fc.constantFrom(null, "'" as const, '"' as const), (word, more, quote) => {
      fc.pre(word !== '');
      expect(readLine(openWord(word, quote)).words.map((word) => word.text)).toEqual([word]);
      // It may be cut anywhere, as what several words have in common is.
      const cut = quoteWord(word, quote).slice(0, more.length);
      const [first] = readLine(cut).words;
      expect(word.startsWith(first?.text ?? '')).toBe(true);
    }),
  );
});

test('no line makes the reader fail, or makes something of nothing', () => {
  fc.assert(
    fc.property(text, (line) => {
      const { words } = readLine(line);
      expect(words.map(({ text }) => text).join('').length).toBeLessThanOrEqual(line.length);
      for (const { start } of words) expect(start).toBeLessThan(line.length);
    }),
  );
});
