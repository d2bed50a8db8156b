import { expect, test } from 'vitest';
import { campaign } from './exec.js';

const SEED = 20_260_106;

test(`programs for clients, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 300, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({
    commands: 300,
    'output MiB': 64,
    'killed clients': 10,
    'processes left': 0,
  });
});
