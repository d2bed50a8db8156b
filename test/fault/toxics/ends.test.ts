import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { someBytes } from '../../helpers/files.js';
import { blobServer, echoServer, exchange, proxyTo, rawServer, receiveAll } from '../raw-sockets.js';
import { limitData, resetPeer, timeout } from '../toxics.js';

const BLOB = someBytes(300_000, 73);

test.each([0, 1, 65_537, BLOB.length])('limitData ends cleanly after %d bytes', async (after) => {
  const proxy = await proxyTo(await blobServer(BLOB), [limitData({ after })]);
  const { bytes, ending } = await exchange(proxy.port, Buffer.alloc(0), { end: false });
  expect(ending).toBe('end');
  expect(bytes.equals(BLOB.subarray(0, after))).toBe(true);
  expect(proxy.hits).toMatchObject([{ kind: 'limitData', at: after }]);
});

test('limitData lets a shorter stream pass', async () => {
  const proxy = await proxyTo(await blobServer(BLOB), [limitData({ after: BLOB.length + 1 })]);
  expect((await exchange(proxy.port)).bytes.equals(BLOB)).toBe(true);
  expect(proxy.hits).toEqual([]);
});

test('limitData upstream ends both sides cleanly', async () => {
  let told = (_: Buffer) => {};
  const got = new Promise<Buffer>((resolve) => (told = resolve));
  const port = await rawServer(async (socket) => told(await receiveAll(socket)));
  const proxy = await proxyTo(port, [limitData({ after: 4, direction: 'upstream' })]);
  const { ending } = await exchange(proxy.port, Buffer.from('abcdefgh'), { end: false });
  expect(ending).toBe('end');
  expect((await got).toString()).toBe('abcd');
});

test.each([0, 1, 65_537, BLOB.length])('resetPeer resets both sides after %d bytes', async (after) => {
  let told = (_: string) => {};
  const atServer = new Promise<string>((resolve) => (told = resolve));
  const port = await rawServer((socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => told(error.code ?? ''));
    // Read, so that the reset is seen.
    socket.resume();
    socket.write(BLOB);
  });
  const proxy = await proxyTo(port, [resetPeer({ after })]);
  const { bytes, ending } = await exchange(proxy.port, Buffer.alloc(0), { end: false });
  expect(ending).toBe('ECONNRESET');
  // A reset takes what is still in a kernel with it.
  expect(proxy.connections[0]?.downstream.sent).toBe(after);
  expect(bytes.equals(BLOB.subarray(0, bytes.length))).toBe(true);
  expect(bytes.length).toBeLessThanOrEqual(after);
  expect(['ECONNRESET', 'EPIPE']).toContain(await atServer);
  expect(proxy.hits).toMatchObject([{ kind: 'resetPeer', at: after }]);
});

test.each([0, 100])(
  'timeout stops carrying after %d bytes, and stays open though the server ends',
  async (after) => {
    const proxy = await proxyTo(await blobServer(BLOB), [timeout({ after })]);
    const socket = connect(proxy.port, '127.0.0.1');
    const pieces: Buffer[] = [];
    let isEnded = false;
    socket.on('data', (piece) => pieces.push(piece));
    for (const event of ['end', 'close', 'error']) socket.on(event, () => (isEnded = true));
    await proxy.happened('timeout');
    // Another exchange goes all the way meanwhile: what could have come has come.
    proxy.replace([]);
    await exchange(proxy.port);
    expect(isEnded).toBe(false);
    expect(Buffer.concat(pieces).equals(BLOB.subarray(0, after))).toBe(true);
    proxy.close();
    if (!socket.destroyed) await once(socket, 'close');
  },
);

test('timeout one way lets the other way go on, bothWays does not', async () => {
  for (const bothWays of [false, true]) {
    let received = 0;
    let told = () => {};
    const arrived = new Promise<void>((resolve) => (told = resolve));
    const port = await rawServer((socket) => {
      socket.write('x');
      socket.on('data', (piece) => {
        received += piece.length;
        told();
      });
    });
    const proxy = await proxyTo(port, [timeout({ after: 1, bothWays })]);
    const socket = connect(proxy.port, '127.0.0.1');
    await once(socket, 'data');
    await proxy.happened('timeout');
    socket.write('y');
    if (!bothWays) await arrived;
    proxy.replace([]);
    await exchange(proxy.port, Buffer.alloc(0), { end: false, until: arrivedNow(proxy.port) });
    expect(received).toBe(bothWays ? 0 : 1);
    socket.destroy();
  }
});

/** Resolves when a byte has come back through a connection of its own. */
async function arrivedNow(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'data');
  socket.destroy();
}

test('an echo of nothing through a black hole is nothing', async () => {
  const proxy = await proxyTo(await echoServer(), [timeout({ after: 0, direction: 'upstream' })]);
  const { bytes, ending } = await exchange(proxy.port, BLOB, { until: proxy.happened('timeout') });
  expect(bytes.length).toBe(0);
  expect(ending).toBe('open');
  expect(proxy.connections[0]?.upstream.sent).toBe(0);
});
