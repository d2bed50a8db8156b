import { expect, test } from 'vitest';
import { someBytes } from '../../helpers/files.js';
import { blobServer, exchange, proxyTo } from '../raw-sockets.js';
import { flipBits, zero } from '../toxics.js';

const BLOB = someBytes(300_000, 71);

test('flipBits flips one bit at each offset and nothing else', async () => {
  const at = [0, 65_535, 65_536, BLOB.length - 1];
  const proxy = await proxyTo(await blobServer(BLOB), [flipBits({ at, bit: 7 })]);
  const { bytes } = await exchange(proxy.port);
  const right = Buffer.from(BLOB);
  for (const offset of at) right[offset] = Number(right[offset]) ^ 0x80;
  expect(bytes.equals(right)).toBe(true);
  expect(proxy.hits.map((hit) => hit.at)).toEqual(at);
});

test('flipBits at random offsets changes one bit of each byte that it counts', async () => {
  const proxy = await proxyTo(await blobServer(BLOB), [flipBits({ count: 30, within: BLOB.length })], {
    seed: 9,
  });
  const { bytes } = await exchange(proxy.port);
  const changed = [...bytes.keys()].filter((at) => bytes[at] !== BLOB[at]);
  expect(changed.length).toBeGreaterThan(20);
  expect(proxy.hits.map((hit) => hit.at).sort((a, b) => a - b)).toEqual(changed);
  for (const at of changed)
    expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(Number(bytes[at]) ^ Number(BLOB[at]));
});

test('an offset behind the end is not hit', async () => {
  const proxy = await proxyTo(await blobServer(BLOB), [flipBits({ at: BLOB.length })]);
  expect((await exchange(proxy.port)).bytes.equals(BLOB)).toBe(true);
  expect(proxy.hits).toEqual([]);
});

test('zero makes the range zeros, and does not count where it was', async () => {
  const proxy = await proxyTo(await blobServer(BLOB), [zero({ at: 65_000, length: 2_000 })]);
  const right = Buffer.from(BLOB).fill(0, 65_000, 67_000);
  expect((await exchange(proxy.port)).bytes.equals(right)).toBe(true);
  expect(proxy.hits.length).toBeGreaterThan(0);

  const none = await proxyTo(await blobServer(right), [zero({ at: 65_000, length: 2_000 })]);
  expect((await exchange(none.port)).bytes.equals(right)).toBe(true);
  expect(none.hits).toEqual([]);
});
