import { expect, test } from 'vitest';
import { campaign } from './concurrency.js';

const SEED = 20_260_102;

test(`only whole versions while files change, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 2, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures.mixtures).toBe(0);
  for (const what of ['fetch done', 'replaced', 'edited', 'deleted']) {
    expect(Number(figures[what]), what).toBeGreaterThan(0);
  }
});
