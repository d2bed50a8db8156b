import { expect, test } from 'vitest';
import { campaign } from './exhaustive.js';
import { placeOf } from './exhaustive-fields.js';

const SEED = 20_260_152;
const RUNS = 1_000;

test(`no flipped bit and no cut makes a wrong file, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: RUNS, seed: SEED, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({
    runs: RUNS,
    'wrong files accepted': 0,
    'unfinished files under a final name': 0,
  });
  // What no digest covers.
  const harmless = /^accepted, flipped in the (reply's (type|mtime|root)|request's (defer|header))$/;
  const mended = /^accepted, flipped in the reply's \w+ once$/;
  for (const what of Object.keys(figures).filter((figure) => figure.startsWith('accepted'))) {
    expect(harmless.test(what) || mended.test(what), what).toBe(true);
  }
  expect(Number(figures["accepted, flipped in the reply's body once"])).toBeGreaterThan(0.01 * RUNS);
  expect(Number(figures['failed cleanly'])).toBeGreaterThan(0.4 * RUNS);
});

test('a place in a frame is named', () => {
  const header = Buffer.from('{"ok":true,"name":"a","size":12}');
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, header.length]), header, Buffer.from('body')]);
  const at = (text: string) => placeOf(bytes, bytes.indexOf(text));
  expect(placeOf(bytes, 3)).toBe('frame length');
  expect(at('{')).toBe('header');
  expect(at('true')).toBe('ok');
  expect(at('a","size')).toBe('name');
  expect(at('12')).toBe('size');
  expect(at('body')).toBe('body');
});
