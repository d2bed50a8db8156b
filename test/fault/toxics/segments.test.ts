import { expect, test } from 'vitest';
import { someBytes } from '../../helpers/files.js';
import { blobServer, exchange, proxyTo } from '../raw-sockets.js';
import { drop, duplicate, reorder } from '../toxics.js';

const BLOB = someBytes(300_000, 72);
const RANGES = [
  { at: 0, length: 1 },
  { at: 65_530, length: 1_460 },
  { at: 100_000, length: 150_000 },
];

test.each(RANGES)('drop leaves out %o', async ({ at, length }) => {
  const proxy = await proxyTo(await blobServer(BLOB), [drop({ at, length })]);
  const right = Buffer.concat([BLOB.subarray(0, at), BLOB.subarray(at + length)]);
  expect((await exchange(proxy.port)).bytes.equals(right)).toBe(true);
  expect(proxy.hits).toMatchObject([{ kind: 'drop', at }]);
});

test.each(RANGES)('duplicate inserts %o twice', async ({ at, length }) => {
  const proxy = await proxyTo(await blobServer(BLOB), [duplicate({ at, length })]);
  const right = Buffer.concat([BLOB.subarray(0, at + length), BLOB.subarray(at)]);
  expect((await exchange(proxy.port)).bytes.equals(right)).toBe(true);
  expect(proxy.hits).toMatchObject([{ kind: 'duplicate', at }]);
});

test.each(RANGES)('reorder brings %o behind what follows', async ({ at, length }) => {
  const proxy = await proxyTo(await blobServer(BLOB), [reorder({ at, length })]);
  const [start, middle, end] = [at, at + length, at + 2 * length];
  const parts = [[0, start], [middle, end], [start, middle], [end]];
  const right = Buffer.concat(parts.map(([from, to]) => BLOB.subarray(from, to)));
  expect((await exchange(proxy.port)).bytes.equals(right)).toBe(true);
  expect(proxy.hits).toMatchObject([{ kind: 'reorder', at }]);
});

test('a range behind the end changes nothing', async () => {
  const range = { at: BLOB.length, length: 10 };
  const proxy = await proxyTo(await blobServer(BLOB), [drop(range), duplicate(range), reorder(range)]);
  expect((await exchange(proxy.port)).bytes.equals(BLOB)).toBe(true);
  expect(proxy.hits).toEqual([]);
});

test('a range that the end cuts short is dropped or comes late as far as it goes, and is not repeated', async () => {
  const range = { at: BLOB.length - 5, length: 10 };
  const dropping = await proxyTo(await blobServer(BLOB), [drop(range)]);
  expect((await exchange(dropping.port)).bytes.equals(BLOB.subarray(0, -5))).toBe(true);
  const other = await proxyTo(await blobServer(BLOB), [duplicate(range), reorder(range)]);
  expect((await exchange(other.port)).bytes.equals(BLOB)).toBe(true);
});
