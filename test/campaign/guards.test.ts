import { expect, test } from 'vitest';
import { staleness } from './guards/guard.js';
import { guards } from './guards/list.js';
import { campaign } from './guards.js';

const SEED = 8;

test('every guard of the list is in the program, once, and its test in the test suite', () => {
  expect(guards.map(staleness).filter((fault) => fault !== null)).toEqual([]);
  expect(new Set(guards.map(({ rule }) => rule)).size).toBe(guards.length);
});

test(`without a guard a test goes red, two of them; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 2, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({ stale: 0, 'taken out': 2, red: 2 });
});
