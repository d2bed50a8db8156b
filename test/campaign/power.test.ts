import { expect, test } from 'vitest';
import { campaign } from './power.js';

const SEED = 20_260_105;

test(`the power goes at every moment of a fetch, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 24, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  // Of thirteen fetches: two for each that syncs, one for that which does not.
  expect(figures).toMatchObject({ fetches: 13, 'teeth found': 25, 'next fetches': 24 });
});
