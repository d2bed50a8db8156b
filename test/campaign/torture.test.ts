import { expect, test } from 'vitest';
import { campaign } from './torture.js';

const SEED = 20_260_104;

test(`fetches of which one file-system call fails, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 110, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({ runs: 110, 'exit other': 0, scenarios: 11 });
  expect(Number(figures['exit 7'])).toBeGreaterThan(50);
});
