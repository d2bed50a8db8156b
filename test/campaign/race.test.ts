import { expect, test } from 'vitest';
import { campaign } from './race.js';

const SEED = 20_260_102;

test(`nothing from outside while folders and links change places, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: 2_000, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures['bytes from outside']).toBe(0);
  // Both states were met often, or nothing was raced.
  expect(Number(figures['get served'])).toBeGreaterThan(100);
  expect(Number(figures.NOT_FOUND)).toBeGreaterThan(100);
});
