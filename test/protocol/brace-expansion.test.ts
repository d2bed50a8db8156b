import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandBraces } from '#sealift/protocol/brace-expansion.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

test.each([
  ['', ['']],
  ['abc', ['abc']],
  ['a{b,c}d', ['abd', 'acd']],
  ['{a,b}{c,d}', ['ac', 'ad', 'bc', 'bd']],
  ['a{b,c{d,e}}', ['ab', 'acd', 'ace']],
  ['{a,}', ['a', '']],
  // Equal ones once: each alternative costs a match for every name.
  ['{,}', ['']],
  ['{,}{,}{,}{,}{,}{,}*', ['*']],
  ['{a/b,c}/d', ['a/b/d', 'c/d']],
  ['{{a,b}', ['{a', '{b']],
  ['{a,b}}', ['a}', 'b}']],
  ['{x{a,b}y}', ['{xay}', '{xby}']],
])('%s expands', (text, expanded) => {
  expect(expandBraces(text).sort()).toEqual(expanded.sort());
});

test.each(['{}', '{a}', '{', '}', '{a,b', 'a,b}', '}{', '{{}}', '\\{a,b}', '{a\\,b}', '{a,b\\}', 'a\\'])(
  '%s stands for itself',
  (text) => {
    expect(expandBraces(text)).toEqual([text]);
  },
);

test('an escape stays for whoever reads the pattern next', () => {
  expect(expandBraces('{a\\,b,\\{c}').sort()).toEqual(['\\{c', 'a\\,b']);
});

test('at most 64 alternatives', () => {
  expect(expandBraces('{a,b}'.repeat(6))).toHaveLength(64);
  expect(() => expandBraces('{a,b}'.repeat(7))).toThrow(ProtocolError);
  const options = (count: number) => `{${Array.from({ length: count }, (_, nth) => nth).join(',')}}`;
  expect(expandBraces(options(64))).toHaveLength(64);
  expect(() => expandBraces(options(65))).toThrow('more than 64');
});

test('what would expand to 2^200 is refused without being made', () => {
  expect(() => expandBraces('{a,b}'.repeat(200))).toThrow(ProtocolError);
});

test('nothing but braces: each pass over the text is one pass', () => {
  // Quadratic in this length, it would not end before the test does.
  const many = 2_000_000;
  expect(expandBraces('{'.repeat(many))).toHaveLength(1);
  expect(expandBraces(`${'{'.repeat(many)}${'}'.repeat(many)}`)).toHaveLength(1);
  expect(expandBraces(`{${'{'.repeat(many)}a,b}`)).toHaveLength(2);
});

/** Expands the innermost pairs first, a way round that needs no stack; alternatives are a set. */
function naive(text: string): Set<string> {
  const brace = /\{([^{},]*(?:,[^{},]*)+)\}/.exec(text);
  if (brace === null) return new Set([text]);
  const [whole, options = ''] = brace;
  const all = options.split(',').map((option) => {
    const [head, tail] = [text.slice(0, brace.index), text.slice(brace.index + whole.length)];
    return naive(head + option + tail);
  });
  return new Set(all.flatMap((set) => [...set]));
}

test('the same alternatives as expanding the innermost braces first', () => {
  // Balanced, and each pair with a comma of its own: what else stands for itself is tested above.
  const tree = fc.letrec<{ text: string; list: string }>((tie) => ({
    text: fc.oneof({ maxDepth: 2 }, fc.constantFrom('a', 'b', '', '/'), tie('list')),
    list: fc.array(tie('text'), { minLength: 2, maxLength: 3 }).map((options) => `{${options.join(',')}}`),
  }));
  fc.assert(
    fc.property(fc.array(tree.text, { maxLength: 2 }), (parts) => {
      const text = parts.join('-');
      const expected = naive(text);
      fc.pre(expected.size <= 20);
      let expanded: string[];
      try {
        expanded = expandBraces(text);
      } catch {
        // More than 64 that are not all different.
        return fc.pre(false);
      }
      expect(new Set(expanded)).toEqual(expected);
    }),
  );
});
