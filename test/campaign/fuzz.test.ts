import { expect, test } from 'vitest';
import { campaign } from './fuzz.js';

const SEED = 20_260_102;

test(`garbage for codec and server, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 20_000, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({ inputs: 20_000, crashes: 0 });
  // Both ways are taken often, or the inputs would not reach the rules.
  expect(Number(figures['taken whole'])).toBeGreaterThan(5_000);
  expect(Number(figures.refused)).toBeGreaterThan(5_000);
});
