import { expect, test } from 'vitest';
import { Tokens } from '#sealift/server/access/tokens.js';

test('a token is one of those that are there, and nothing near it', () => {
  const tokens = new Tokens(['first-token', 'zweites-Wort']);
  expect(tokens.has('first-token')).toBe(true);
  expect(tokens.has('zweites-Wort')).toBe(true);
  for (const near of ['', 'first-toke', 'first-token ', 'First-token', 'first-token\0', 'x'.repeat(1e6)]) {
    expect(tokens.has(near)).toBe(false);
  }
});

test('none is none', () => {
  expect(new Tokens([]).isEmpty).toBe(true);
  expect(new Tokens([]).has('')).toBe(false);
});
