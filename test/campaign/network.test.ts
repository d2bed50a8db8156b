import { expect, test } from 'vitest';
import { campaign } from './network.js';

const SEED = 20_260_151;
const RUNS = 150;

test(`no fault on the way makes a wrong file, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: RUNS, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({
    runs: RUNS,
    'wrong files accepted': 0,
    'unfinished files under a final name': 0,
    'good runs failed': 0,
  });
  // Both kinds of run were met, and both ends of a damaged one.
  expect(Number(figures.damaging)).toBeGreaterThan(0.7 * RUNS);
  expect(Number(figures.good)).toBeGreaterThan(0.03 * RUNS);
  expect(Number(figures['succeeded in spite of damage'])).toBeGreaterThan(0.05 * RUNS);
  expect(Number(figures['failed cleanly'])).toBeGreaterThan(0.05 * RUNS);
  expect(Number(figures.repaired)).toBeGreaterThan(0);
});
