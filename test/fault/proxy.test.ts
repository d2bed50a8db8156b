import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { someBytes } from '../helpers/files.js';
import { blobServer, echoServer, exchange, proxyTo, rawServer, receiveAll } from './raw-sockets.js';
import { first, flipBits, limitData, only } from './toxics.js';

const BLOB = someBytes(3_000_000, 70);

test('without toxics bytes and the end pass unchanged, and nothing is counted as done', async () => {
  const proxy = await proxyTo(await blobServer(BLOB));
  const { bytes, ending } = await exchange(proxy.port, Buffer.from('hello'));
  expect(ending).toBe('end');
  expect(bytes.equals(BLOB)).toBe(true);
  expect(proxy.hits).toEqual([]);
  expect(proxy.connections).toEqual([
    {
      number: 1,
      upstream: { received: 5, sent: 5 },
      downstream: { received: BLOB.length, sent: BLOB.length },
      hits: [],
    },
  ]);
});

test('a client that has shut down its sending side still gets everything', async () => {
  // Answers only once the client has ended.
  const port = await rawServer(async (socket) => void socket.end(await receiveAll(socket)));
  const { bytes, ending } = await exchange((await proxyTo(port)).port, BLOB);
  expect(ending).toBe('end');
  expect(bytes.equals(BLOB)).toBe(true);
});

test('a server that has shut down its sending side still gets everything', async () => {
  let got = () => {};
  const all = new Promise<void>((resolve) => (got = resolve));
  let received = 0;
  const port = await rawServer((socket) => {
    socket.end('bye');
    socket.on('data', (piece) => (received += piece.length));
    socket.on('end', got);
  });
  const socket = connect({ port: (await proxyTo(port)).port, host: '127.0.0.1', allowHalfOpen: true });
  socket.resume();
  await once(socket, 'end');
  socket.end(BLOB);
  await all;
  expect(received).toBe(BLOB.length);
});

test('a reset passes as a reset, each way', async () => {
  const fromServer = await proxyTo(
    await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
  );
  expect((await exchange(fromServer.port, Buffer.from('x'))).ending).toBe('ECONNRESET');

  let told = (_: string) => {};
  const ending = new Promise<string>((resolve) => (told = resolve));
  const port = await rawServer((socket) => {
    socket.on('data', () => {});
    socket.on('end', () => told('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => told(error.code ?? ''));
    socket.write('x');
  });
  const client = connect((await proxyTo(port)).port, '127.0.0.1');
  await once(client, 'data');
  client.resetAndDestroy();
  expect(await ending).toBe('ECONNRESET');
});

test('where there is no server, the client gets a reset', async () => {
  const { port } = await proxyTo(1);
  expect((await exchange(port)).ending).toBe('ECONNRESET');
});

test('a client that does not read stops the server, not the memory', async () => {
  let sent = 0;
  let stopped = () => {};
  const isStopped = new Promise<void>((resolve) => (stopped = resolve));
  const port = await rawServer((socket) => {
    const more = () => {
      while (socket.write(BLOB)) sent += BLOB.length;
      sent += BLOB.length;
      if (sent > 100 * BLOB.length) stopped();
      else socket.once('drain', more);
      socket.setTimeout(1_000, stopped);
    };
    more();
  });
  const socket = connect((await proxyTo(port)).port, '127.0.0.1');
  socket.pause();
  await isStopped;
  socket.destroy();
  expect(sent).toBeLessThan(20 * BLOB.length);
});

test('a toxic applies to the connections it is for', async () => {
  const heals = await proxyTo(await blobServer(BLOB), [limitData({ after: 10, connections: first(2) })]);
  const lengths = [];
  for (let k = 0; k < 4; k++) lengths.push((await exchange(heals.port)).bytes.length);
  expect(lengths).toEqual([10, 10, BLOB.length, BLOB.length]);
  expect(heals.hits.map(({ connection }) => connection)).toEqual([1, 2]);

  const second = await proxyTo(await blobServer(BLOB), [limitData({ after: 10, connections: only(2) })]);
  lengths.length = 0;
  for (let k = 0; k < 3; k++) lengths.push((await exchange(second.port)).bytes.length);
  expect(lengths).toEqual([BLOB.length, 10, BLOB.length]);

  second.replace([limitData({ after: 7 })]);
  expect((await exchange(second.port)).bytes.length).toBe(7);
});

test('each direction has its own toxics', async () => {
  const proxy = await proxyTo(await echoServer(), [
    flipBits({ at: 1, bit: 0, direction: 'upstream' }),
    flipBits({ at: 2, bit: 1 }),
  ]);
  const { bytes } = await exchange(proxy.port, Buffer.from([0, 0, 0]));
  expect([...bytes]).toEqual([0, 1, 2]);
  expect(proxy.hits).toEqual([
    { kind: 'flipBits', direction: 'upstream', connection: 1, at: 1 },
    { kind: 'flipBits', direction: 'downstream', connection: 1, at: 2 },
  ]);
});

test('the same seed does the same, another does other', async () => {
  const port = await blobServer(BLOB);
  const damaged = async (seed: number) => {
    const proxy = await proxyTo(port, [flipBits({ count: 20, within: BLOB.length })], { seed });
    return (await exchange(proxy.port)).bytes;
  };
  const [once, again, other] = [await damaged(5), await damaged(5), await damaged(6)];
  expect(once.equals(again)).toBe(true);
  expect(once.equals(other)).toBe(false);
  expect(once.equals(BLOB)).toBe(false);
});
