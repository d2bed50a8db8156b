import { expect, test } from 'vitest';
import { campaign } from './exhaustive.js';
import { placeOf } from './exhaustive-fields.js';
import { placeInRecords } from './exhaustive-records.js';

const SEED = 20_260_152;
const RUNS = 1_000;
const RUNS_TLS = 120;

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

test(`over TLS each flipped bit and each cut is mended by a retry, in small; seed ${SEED}`, async () => {
  const { figures, failures } = await campaign.run({ runs: RUNS_TLS, seed: SEED, tls: true, log: () => {} });
  expect(failures).toEqual([]);
  expect(figures).toMatchObject({ runs: RUNS_TLS, 'wrong files accepted': 0 });
  expect(Number(figures['right after a retry'])).toBeGreaterThan(0.6 * RUNS_TLS);
  expect(Number(figures['failed cleanly'])).toBeGreaterThan(0);
});

test('a place in records is named', () => {
  const bytes = Buffer.concat(
    [
      [22, 7],
      [20, 1],
      [23, 30],
      [23, 19],
    ].map(([type = 0, length = 0]) => {
      return Buffer.concat([Buffer.of(type, 3, 3, 0, length), Buffer.alloc(length)]);
    }),
  );
  const places = [0, 4, 5, 11, 12, 17, 23, 52, 53, 58, 76, 77].map((at) => placeInRecords(bytes, at));
  expect(places).toEqual([
    ...['a header', 'a header', 'the handshake', 'the handshake', 'a header', 'a change of cipher'],
    ...['ciphertext', 'ciphertext', 'a header', 'an encrypted alert', 'an encrypted alert', 'nothing'],
  ]);
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
