import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapePattern, isPattern, Pattern } from '#sealift/protocol/pattern.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

const matches = (pattern: string, name: string) => new Pattern(pattern).matches(name);

test.each([
  ['girl.png', 'girl.png'],
  ['*', 'girl.png'],
  ['*.png', '.png'],
  ['*.png', 'girl.png'],
  ['g*l.p*g', 'girl.png'],
  ['?', '😀'],
  ['???', 'a😀b'],
  ['**', 'a'],
  ['**', 'a/b/c'],
  ['**/c', 'c'],
  ['**/c', 'a/b/c'],
  ['a/**', 'a'],
  ['a/**', 'a/b/c'],
  ['a/**/c', 'a/c'],
  ['a/**/c', 'a/b/b/c'],
  ['**/b/**', 'a/b/c'],
  ['**/**', 'a'],
  ['a**c', 'abc'],
  ['***', 'abc'],
  ['[a-c]', 'b'],
  ['[!a-c]', 'd'],
  ['[^a-c]', 'd'],
  ['[]]', ']'],
  ['[!]]', 'a'],
  ['[a-]', '-'],
  ['[-a]', '-'],
  ['[\\]]', ']'],
  ['[A-\\]]', ']'],
  ['[\\!a]', '!'],
  ['[*]', '*'],
  ['[\ue000-😀]', '\uf000'],
  ['[😀-😃]', '😁'],
  ['[', '['],
  ['a[b', 'a[b'],
  ['[[[', '[[['],
  ['{a,b}/*.{png,jpg}', 'b/x.jpg'],
  ['{a/b,c}/d', 'a/b/d'],
  ['{a', '{a'],
  ['\\*', '*'],
  ['a\\/b', 'a/b'],
  ['\\{a,b}', '{a,b}'],
  ['{a\\,b,c}', 'a,b'],
  ['__proto__', '__proto__'],
])('%s matches %s', (pattern, name) => {
  expect(matches(pattern, name)).toBe(true);
});

test.each([
  ['girl.png', 'girl.pngx'],
  ['girl.png', 'agirl.png'],
  ['girl.png', 'girlxpng'],
  ['*', 'a/b'],
  ['?', ''],
  ['?', 'ab'],
  ['?', '/'],
  ['a?b', 'a/b'],
  ['a[/]b', 'a/b'],
  ['a[!x]b', 'a/b'],
  ['*/c', 'a/b/c'],
  ['a**c', 'a/c'],
  ['**/c', 'xc'],
  ['a/**/c', 'ac'],
  ['a/**', 'ab'],
  ['[a-c]', 'd'],
  ['[!a-c]', 'b'],
  ['[c-a]', 'b'],
  ['[😀-😃]', '\uf000'],
  ['\\*', 'a'],
  ['A', 'a'],
  ['{a,b}', '{a,b}'],
  ['', 'a'],
  ['a', ''],
  ['(a|b)', 'a'],
  ['a.c', 'abc'],
  ['a+', 'aa'],
])('%s does not match %s', (pattern, name) => {
  expect(matches(pattern, name)).toBe(false);
});

// The reference: patterns are made as trees, written out as text for Pattern, and matched as trees here.
type Token = '*' | '?' | { char: string } | { set: string[]; negated: boolean };
type Tree = ('**' | Token[])[];

const CHARS = ['a', 'b', 'c', '-', '!', '^', '*', '[', ']', '{', '}', ',', '?', '.', '😀', '\uf000'];
const char = fc.constantFrom(...CHARS);
const token: fc.Arbitrary<Token> = fc.oneof(
  { weight: 3, arbitrary: char.map((char) => ({ char })) },
  { weight: 2, arbitrary: fc.constant<Token>('*') },
  fc.constant<Token>('?'),
  fc.record({ set: fc.array(char, { minLength: 1, maxLength: 3 }), negated: fc.boolean() }),
);
const tree: fc.Arbitrary<Tree> = fc
  .array(fc.oneof(fc.constant('**' as const), fc.array(token, { minLength: 1, maxLength: 5 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((segments) =>
    // Two stars that are a whole segment mean something else.
    segments.map((segment) =>
      segment !== '**' && segment.length === 2 && segment.every((t) => t === '*') ? '**' : segment,
    ),
  );
const name = fc
  .array(
    fc.array(fc.constantFrom('a', 'a', 'b', 'c', '-', '*', '😀', '\uf000'), { minLength: 1, maxLength: 5 }),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((segments) => segments.map((chars) => chars.join('')).join('/'));

const quoted = (char: string) => (/[a-c.😀\uf000]/u.test(char) ? char : `\\${char}`);
function textOf(tree: Tree): string {
  return tree
    .map((segment) => {
      if (segment === '**') return segment;
      return segment
        .map((token) => {
          if (typeof token === 'string') return token;
          if ('char' in token) return quoted(token.char);
          return `[${token.negated ? '!' : ''}${token.set.map(quoted).join('')}]`;
        })
        .join('');
    })
    .join('/');
}

function naive<P, T>(
  pattern: P[],
  items: T[],
  isWildcard: (part: P) => boolean,
  one: (part: P, item: T) => boolean,
): boolean {
  const [part, ...rest] = pattern;
  if (part === undefined) return items.length === 0;
  const [item, ...others] = items;
  if (isWildcard(part)) {
    return (
      naive(rest, items, isWildcard, one) || (item !== undefined && naive(pattern, others, isWildcard, one))
    );
  }
  return item !== undefined && one(part, item) && naive(rest, others, isWildcard, one);
}

function treeMatches(tree: Tree, name: string): boolean {
  return naive(
    tree,
    name.split('/'),
    (part) => part === '**',
    (part, segment) =>
      naive(
        [...part] as Token[],
        [...segment],
        (token) => token === '*',
        (token, char) => {
          if (typeof token === 'string') return true;
          return 'char' in token ? token.char === char : token.set.includes(char) !== token.negated;
        },
      ),
  );
}

test('the same as the reference', () => {
  fc.assert(
    fc.property(tree, tree, fc.array(name, { maxLength: 5 }), (first, second, names) => {
      const one = new Pattern(textOf(first));
      const either = new Pattern(`{${textOf(first)},${textOf(second)}}`);
      for (const name of names) {
        expect(one.matches(name), `${one.text} on ${name}`).toBe(treeMatches(first, name));
        expect(either.matches(name), `${either.text} on ${name}`).toBe(
          treeMatches(first, name) || treeMatches(second, name),
        );
      }
    }),
    { numRuns: 500 },
  );
});

/** A name that the tree matches: wildcards take what `filler` gives. */
function matchingName(tree: Tree, filler: string[]): string {
  let at = 0;
  const next = () => filler[at++ % filler.length] as string;
  return tree
    .flatMap((segment) => {
      if (segment === '**') return [next(), next()];
      const chars = segment.map((token) => {
        if (token === '*') return next();
        if (token === '?') return next()[0] as string;
        if ('char' in token) return token.char;
        return (token.negated ? CHARS.find((char) => !token.set.includes(char)) : token.set[0]) as string;
      });
      return [chars.join('')];
    })
    .join('/');
}

test('every name that matches begins with the prefix', () => {
  const filler = fc.array(fc.constantFrom('a', 'ab', 'c', 'zz'), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(tree, tree, filler, (first, second, filler) => {
      const pattern = new Pattern(`{${textOf(first)},${textOf(second)}}`);
      for (const tree of [first, second]) {
        const name = matchingName(tree, filler);
        expect(pattern.matches(name), `${pattern.text} on ${name}`).toBe(true);
        expect(name.startsWith(pattern.prefix), `${pattern.text}, ${pattern.prefix}, ${name}`).toBe(true);
      }
    }),
  );
});

test.each([
  ['**', ''],
  ['a', 'a'],
  ['a/b.txt', 'a/b.txt'],
  ['a/b*', 'a/b'],
  ['a/*', 'a/'],
  ['a/**', 'a'],
  ['a/**/b', 'a'],
  ['ab[cd]', 'ab'],
  ['ab?', 'ab'],
  ['{abc,abd}x', 'ab'],
  ['{a,b}', ''],
  ['{a,ab}', 'a'],
  ['a\\*b', 'a*b'],
  ['{😀,😁}', ''],
  ['x{😀,😁}', 'x'],
])('%s has the prefix %j', (pattern, prefix) => {
  expect(new Pattern(pattern).prefix).toBe(prefix);
});

test('a pattern has at most 1,024 bytes', () => {
  expect(matches('a'.repeat(1_024), 'a'.repeat(1_024))).toBe(true);
  expect(() => new Pattern('a'.repeat(1_025))).toThrow(ProtocolError);
  expect(matches('ä'.repeat(512), 'ä'.repeat(512))).toBe(true);
  expect(() => new Pattern('ä'.repeat(513))).toThrow('longer than 1024 bytes');
});

test('braces expand to at most 64 patterns', () => {
  expect(matches('{a,b}'.repeat(6), 'ababab')).toBe(true);
  expect(() => new Pattern('{a,b}'.repeat(7))).toThrow(ProtocolError);
});

// A matcher that backtracks would need longer than the age of the universe for each of these.
test.each([
  ['stars', `${'*a'.repeat(511)}*b`, 'a'.repeat(1_023)],
  ['stars and question marks', `${'*?'.repeat(511)}*b`, 'a'.repeat(1_023)],
  ['stars and sets', `${'*[ab]'.repeat(204)}b`, 'a'.repeat(1_023)],
  ['whole segments', `${'**/a/'.repeat(204)}b`, 'a/'.repeat(511).slice(0, -1)],
  ['stars in whole segments', `${'**/*a*a/'.repeat(127)}b`, 'aaa/'.repeat(255).slice(0, -1)],
  ['stars in 64 alternatives', `${'{a,*}'.repeat(6)}${'*a'.repeat(495)}b`, 'a'.repeat(1_023)],
])('a pattern of 1,024 bytes of %s is quick', (_, pattern, name) => {
  expect(Buffer.byteLength(pattern)).toBeGreaterThan(1_000);
  const compiled = new Pattern(pattern);
  for (let round = 0; round < 5; round++) expect(compiled.matches(name)).toBe(false);
});

test.each([['['], ['[!'], ['{'], ['\\'], ['[a-'], ['{[']])(
  'a pattern of nothing but %s is quick to read',
  (piece) => {
    const pattern = `${'{a,b}'.repeat(6)}${piece.repeat(Math.floor(990 / piece.length))}`;
    for (let round = 0; round < 20; round++) new Pattern(pattern).prefix;
    expect(new Pattern(pattern).matches('a')).toBe(false);
  },
);

test('a plain name is no pattern', () => {
  for (const name of ['a', 'a/b.txt', 'a(b)', 'a+b', '^a$', 'ä,😀']) expect(isPattern(name)).toBe(false);
  for (const pattern of ['*', 'a?', '[a]', '{a,b}', 'a\\b', '**']) expect(isPattern(pattern)).toBe(true);
});

test('an escaped name matches that name only, and is its own prefix', () => {
  fc.assert(
    fc.property(name, name, (name, other) => {
      const pattern = new Pattern(escapePattern(name));
      expect(pattern.matches(name)).toBe(true);
      expect(pattern.prefix).toBe(name);
      expect(pattern.matches(other)).toBe(name === other);
    }),
  );
});
