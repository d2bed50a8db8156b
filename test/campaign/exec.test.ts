import { expect, test } from 'vitest';
import { campaign } from './exec.js';

const SEED = 20_260_106;

test(`programs for clients, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 100, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({
    commands: 100,
    'output MiB': 64,
    'killed clients': 8,
    'processes left': 0,
  });
});
