import { readFileSync, symlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/cli.js';
import { putFile, putSparse } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, Wire } from '../helpers/wire.js';

const BIG = 2 ** 32;

async function start(...args: string[]): Promise<ServerProcess> {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  return startServer(folder, args);
}

/** With a file that takes long to read, and that the server hashes all the while. */
async function startWithBig(...args: string[]): Promise<ServerProcess> {
  const folder = tempFolder();
  putSparse(folder, 'big', BIG);
  return startServer(folder, args);
}

/** Calls `act` at once and every `ms` until the connection has ended; returns how it ended and after how long. */
async function dripUntilEnded(
  wire: Wire,
  ms: number,
  act: () => void,
): Promise<{ ending: string; after: number }> {
  const startedAt = Date.now();
  act();
  const timer = setInterval(act, ms);
  const ending = await wire.ended();
  clearInterval(timer);
  return { ending, after: Date.now() - startedAt };
}

/** Takes bytes off the socket and forgets them, as fast as `pauseMs` between pieces lets it. */
function swallow(socket: Socket, pauseMs = 0): { count: () => number } {
  let count = 0;
  socket.removeAllListeners('data');
  socket.on('data', (piece) => {
    count += piece.length;
    if (pauseMs === 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), pauseMs);
  });
  return { count: () => count };
}

test('case 30: a silent connection gets TIMEOUT', async () => {
  const server = await start('--header-timeout', '300ms');
  const wire = await Wire.to(server.port);
  expect(await wire.header()).toMatchObject({ ok: false, code: 'TIMEOUT' });
  expect(await wire.ended()).toBe('end');
});

test.each([
  ['the header', [{ op: 'ping', payload: 'x'.repeat(1_000) }]],
  ['the header of a second request', [{ op: 'ping' }, { op: 'ping', payload: 'x'.repeat(1_000) }]],
])('case 31: dripping %s does not extend its deadline', async (_what, [first, second]) => {
  const server = await start('--header-timeout', '500ms');
  const wire = await Wire.to(server.port);
  if (second !== undefined) expect(await wire.ask(first)).toMatchObject({ ok: true });
  const bytes = frame(second ?? first);
  let at = 0;
  const { ending, after } = await dripUntilEnded(wire, 50, () => wire.write(bytes.subarray(at, ++at)));
  expect(await wire.header()).toMatchObject({ ok: false, code: 'TIMEOUT' });
  // A FIN, or a reset because the drip went on.
  expect(['end', 'ECONNRESET', 'EPIPE']).toContain(ending);
  expect(after).toBeGreaterThan(400);
  expect(after).toBeLessThan(5_000);
});

test('a request that came in time may be followed after longer than the header deadline', async () => {
  const server = await start('--header-timeout', '200ms', '--idle-timeout', '20s');
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  // Longer than the header deadline: time itself is what is tested.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
});

test('a connection that is idle between requests gets TIMEOUT', async () => {
  const server = await start('--idle-timeout', '300ms');
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'get', name: 'a' })).toMatchObject({ ok: true });
  await wire.bytes(5);
  expect(await wire.header()).toMatchObject({ ok: false, code: 'TIMEOUT' });
  expect(await wire.ended()).toBe('end');
});

test('a request body that stalls gets TIMEOUT', async () => {
  const server = await start('--body-timeout', '300ms');
  const wire = await Wire.to(server.port);
  wire.send({ op: 'put', length: 1_000 });
  expect(await wire.header()).toMatchObject({ code: 'UNSUPPORTED' });
  expect(await wire.header()).toMatchObject({ code: 'TIMEOUT' });
});

test('case 32: a client that stops reading a body is reset, and took little memory', async () => {
  const server = await startWithBig('--body-timeout', '500ms');
  const before = residentBytes(server);
  const wires = await Promise.all(Array.from({ length: 8 }, () => Wire.to(server.port)));
  for (const wire of wires) {
    wire.send({ op: 'get', name: 'big', defer: true });
    await wire.header();
    wire.socket.pause();
  }
  await waitForLog(server, wires.length, 'TIMEOUT');
  expect(residentBytes(server) - before).toBeLessThan(150 << 20);
  for (const wire of wires) {
    wire.socket.resume();
    swallow(wire.socket);
    expect(await wire.wasReset()).toBe(true);
  }
});

test('case 32: a client that reads slower than the least rate is reset, however steadily', async () => {
  const server = await startWithBig(
    '--min-rate',
    '900000000',
    '--min-rate-after',
    '300ms',
    '--body-timeout',
    '30s',
  );
  const wire = await Wire.to(server.port);
  wire.send({ op: 'get', name: 'big', defer: true });
  await wire.header();
  const taken = swallow(wire.socket, 5);
  expect(await wire.wasReset()).toBe(true);
  expect(taken.count()).toBeLessThan(BIG);
});

test('a pause is no slowness: the average of the whole body counts', async () => {
  const server = await startWithBig(
    '--min-rate',
    '1000000',
    '--min-rate-after',
    '200ms',
    '--body-timeout',
    '30s',
  );
  const wire = await Wire.to(server.port);
  const length = 64 << 20;
  wire.send({ op: 'get', name: 'big', defer: true });
  await wire.header();
  const { socket } = wire;
  const taken = swallow(socket);
  while (taken.count() < length) await new Promise((resolve) => setImmediate(resolve));
  socket.pause();
  // Longer than the grace of --min-rate, shorter than what came before pays for.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  socket.resume();
  const resumedAt = taken.count();
  while (taken.count() < resumedAt + length && wire.ending === null) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(wire.ending).toBeNull();
});

test('case 33: over the maximum is BUSY, and the others are not affected', async () => {
  const server = await start('--max-connections', '3');
  const wires = await Promise.all(Array.from({ length: 3 }, () => Wire.to(server.port)));
  for (const wire of wires) expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  for (let round = 0; round < 20; round++) {
    const refused = await Wire.to(server.port);
    expect(await refused.header()).toMatchObject({ ok: false, code: 'BUSY' });
    expect(await refused.ended()).toBe('end');
    refused.socket.destroy();
  }
  for (const wire of wires) expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  wires[0]?.socket.end();
  await wires[0]?.ended();
  wires[0]?.socket.destroy();
  for (;;) {
    const wire = await Wire.to(server.port);
    const reply = await wire.ask({ op: 'ping' });
    if (reply.ok === true) break;
  }
});

test('case 33: a refused client that goes on sending does not stay', async () => {
  const server = await start('--max-connections', '1');
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  const refused = await Wire.to(server.port);
  expect(await refused.header()).toMatchObject({ code: 'BUSY' });
  const closed = new Promise((resolve) => refused.socket.once('close', resolve));
  const timer = setInterval(() => refused.write('x'), 100);
  await closed;
  clearInterval(timer);
});

test('a million pipelined requests from a client that does not read take bounded memory', async () => {
  const server = await start('--body-timeout', '60s');
  const wire = await Wire.to(server.port);
  const batch = Buffer.concat(
    Array.from({ length: 10_000 }, () => frame({ op: 'ping', payload: 'x'.repeat(100) })),
  );
  const before = residentBytes(server);
  wire.socket.pause();
  // What the kernel does not take stays on this side: the server has stopped reading.
  let isTaken = true;
  for (let sent = 0; sent < 100 && isTaken; sent++) {
    isTaken = await Promise.race([
      new Promise<boolean>((resolve) => wire.socket.write(batch, () => resolve(true))),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1_500)),
    ]);
  }
  expect(isTaken).toBe(false);
  expect(residentBytes(server) - before).toBeLessThan(100 << 20);
  const other = await Wire.to(server.port);
  expect(await other.ask({ op: 'ping' })).toMatchObject({ ok: true });
});

function residentBytes({ child }: ServerProcess): number {
  const pages = readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1];
  return Number(pages) * 4_096;
}

async function waitForLog(server: ServerProcess, count: number, what: string): Promise<void> {
  const seen = () => server.log().split(what).length - 1;
  while (seen() < count) await new Promise((resolve) => server.child.stderr?.once('data', resolve));
}

test('large headers that wait in line take bounded memory', async () => {
  const server = await startWithBig();
  const before = residentBytes(server);
  // 65 KB each, and a megabyte as an object.
  const header = frame(`{"op":"ping","x":[${'{},'.repeat(21_800)}1]}`);
  const stalled = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const wire = await Wire.to(server.port);
      wire.socket.pause();
      wire.send({ op: 'get', name: 'big', defer: true });
      const isTaken = new Promise<boolean>((resolve) => {
        for (let nth = 1; nth < 256; nth++) wire.write(header);
        wire.socket.write(header, () => resolve(true));
      });
      return Promise.race([isTaken, new Promise((resolve) => setTimeout(() => resolve(false), 3_000))]);
    }),
  );
  expect(stalled).toEqual([false, false, false, false]);
  expect(residentBytes(server) - before).toBeLessThan(150 << 20);
});

test('a client that shut down its sending side gets every reply, also one that takes longer than a header may', async () => {
  const folder = tempFolder();
  putSparse(folder, 'c/big', 1 << 28);
  linkTwice(folder);
  const server = await startServer(folder, ['--header-timeout', '100ms']);
  const wire = await Wire.to(server.port);
  wire.send({ op: 'stat', name: 'a/l/m/big', id: 1 }, { op: 'ping', id: 2 });
  wire.socket.end();
  expect(await wire.header()).toMatchObject({ ok: true, size: 1 << 28, id: 1 });
  expect(await wire.header()).toMatchObject({ ok: true, id: 2 });
  expect(await wire.ended()).toBe('end');
});

test('a hashing that only a half-closed connection waits for is given up, and the requests behind go on', async () => {
  const folder = tempFolder();
  putSparse(folder, 'c/endless', 2 ** 42);
  putSparse(folder, 'c/big', 1 << 20);
  linkTwice(folder);
  const server = await startServer(folder, ['--body-timeout', '500ms']);
  const wire = await Wire.to(server.port);
  const name = 'a/l/m/endless';
  wire.send(
    { op: 'stat', name, id: 1 },
    { op: 'get', name, id: 2 },
    { op: 'stat', name: 'a/l/m/big', id: 3 },
    { op: 'ping', id: 4 },
  );
  wire.socket.end();
  expect(await wire.header()).toMatchObject({ ok: false, code: 'BUSY', id: 1 });
  expect(await wire.header()).toMatchObject({ ok: false, code: 'BUSY', id: 2 });
  expect(await wire.header()).toMatchObject({ ok: true, id: 3 });
  expect(await wire.header()).toMatchObject({ ok: true, id: 4 });
  expect(await wire.ended()).toBe('end');
});

test('case 31: the body of a request that drips gets TIMEOUT', async () => {
  const server = await start('--min-rate-after', '500ms', '--min-rate', '1000');
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'nope', length: 1_000_000 })).toMatchObject({ code: 'UNSUPPORTED' });
  await dripUntilEnded(wire, 20, () => wire.write('x'));
  expect(await wire.header()).toMatchObject({ ok: false, code: 'TIMEOUT' });
});

test('the body of a request may take its time at the least rate', async () => {
  const server = await start('--min-rate-after', '200ms', '--min-rate', '100');
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'nope', length: 100_000 })).toMatchObject({ code: 'UNSUPPORTED' });
  for (let nth = 0; nth < 10; nth++) {
    wire.write('x'.repeat(10_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
});

test('a pattern that is slow to match does not keep others waiting', async () => {
  const folder = tempFolder();
  for (let nth = 0; nth < 1_000; nth++) putFile(folder, `${nth}_`.padEnd(243, '_'), '');
  const server = await startServer(folder);
  const [slow, other] = [await Wire.to(server.port), await Wire.to(server.port)];
  expect(await other.askBody({ op: 'list' })).toMatchObject({ header: { count: 1_000 } });
  let isListed = false;
  slow.send({ op: 'list', pattern: `${'{_,?}'.repeat(6)}*${'?'.repeat(118)}\u01dd` });
  const listed = slow.header().then((header) => {
    isListed = true;
    return header;
  });
  let pings = 0;
  for (; !isListed; pings++) expect(await other.ask({ op: 'ping' })).toMatchObject({ ok: true });
  expect(await listed).toMatchObject({ ok: true, count: 0 });
  expect(pings).toBeGreaterThan(10);
});

/** A name behind two links (`a/l/m/…`) is served and not in the catalogue: nothing but a request hashes it. */
function linkTwice(folder: string): void {
  putFile(folder, 'b/x', '');
  putFile(folder, 'a/x', '');
  symlinkSync('../b', join(folder, 'a/l'));
  symlinkSync('../c', join(folder, 'b/m'));
}
