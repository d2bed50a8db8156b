import { expect, test } from 'vitest';
import { campaign } from './kill.js';

const SEED = 20_260_103;

test(`fetches killed at any moment, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 18, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({ 'fetches killed': 8, 'resumes killed': 8, 'recoveries killed': 2 });
  expect(Number(figures.within) + Number(figures.publishing)).toBeGreaterThan(0);
});
