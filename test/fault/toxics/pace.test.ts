import { expect, test } from 'vitest';
import { someBytes } from '../../helpers/files.js';
import { blobServer, echoServer, exchange, proxyTo } from '../raw-sockets.js';
import { bandwidth, latency, slicer, slowClose } from '../toxics.js';

const BLOB = someBytes(300_000, 74);

async function timed(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

test('latency delays each way, and keeps bytes and order', async () => {
  const where = { delay: 150, jitter: 50 };
  const proxy = await proxyTo(await echoServer(), [
    latency({ ...where, direction: 'upstream' }),
    latency(where),
  ]);
  const milliseconds = await timed(
    exchange(proxy.port, BLOB).then(({ bytes }) => expect(bytes.equals(BLOB)).toBe(true)),
  );
  expect(milliseconds).toBeGreaterThan(190);
  expect(proxy.hits.map(({ direction }) => direction)).toEqual(['upstream', 'downstream']);
});

test('latency is no bandwidth: what is on its way does not wait for what is before it', async () => {
  const blob = someBytes(4_000_000, 75);
  const proxy = await proxyTo(await blobServer(blob), [latency({ delay: 200 })]);
  const milliseconds = await timed(
    exchange(proxy.port).then(({ bytes }) => expect(bytes.equals(blob)).toBe(true)),
  );
  // One after the other, its sixty and more pieces would take twelve seconds.
  expect(milliseconds).toBeLessThan(6_000);
  expect(milliseconds).toBeGreaterThan(190);
});

test('bandwidth takes its time', async () => {
  const proxy = await proxyTo(await blobServer(BLOB), [bandwidth({ rate: 600_000 })]);
  const milliseconds = await timed(
    exchange(proxy.port).then(({ bytes }) => expect(bytes.equals(BLOB)).toBe(true)),
  );
  expect(milliseconds).toBeGreaterThan(400);
  expect(proxy.hits).toHaveLength(1);
});

test.each([
  { size: 1, variation: 0 },
  { size: 700, variation: 600 },
])('slicer sends %o', async (options) => {
  const blob = BLOB.subarray(0, 20_000);
  const proxy = await proxyTo(await blobServer(blob), [slicer(options)]);
  const { bytes, pieces } = await exchange(proxy.port);
  expect(bytes.equals(blob)).toBe(true);
  // The kernel may put some together again.
  expect(pieces.length).toBeGreaterThan(5);
  expect(proxy.hits).toHaveLength(1);
});

test('slicer sends pieces of one byte', async () => {
  const proxy = await proxyTo(await blobServer(Buffer.from('abcd')), [slicer({ size: 1, delay: 30 })]);
  const { bytes, pieces } = await exchange(proxy.port);
  expect(bytes.toString()).toBe('abcd');
  expect(pieces.length).toBeGreaterThan(1);
});

test('slowClose brings the end late', async () => {
  const proxy = await proxyTo(await blobServer(BLOB), [slowClose({ delay: 300 })]);
  const received = exchange(proxy.port);
  await proxy.happened('slowClose');
  expect(await timed(received)).toBeGreaterThan(200);
  expect((await received).bytes.equals(BLOB)).toBe(true);
});
