import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { PROGRAM, startServer } from '../helpers/cli.js';
import { md5, putFile, putSparse, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const turn = () => new Promise((resolve) => setTimeout(resolve, 10));

/** What the descriptors of a process lead to. */
function descriptors({ pid }: ChildProcess): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      return [];
    }
  });
}

/** Seconds of processor time that a process has used. */
function processorTime({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** A server with no more than `limit` descriptors. */
async function startPoorServer(
  folder: string,
  limit: number,
): Promise<{ port: number; child: ChildProcess; log: () => string }> {
  const args = [
    '-c',
    `ulimit -n ${limit}; exec "$0" "$@"`,
    process.execPath,
    PROGRAM,
    'serve',
    folder,
    '--port',
    '0',
    '--json',
  ];
  const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { port: JSON.parse(line).port, child, log: () => log };
}

test('case 34: out of descriptors the server neither crashes nor spins, and recovers', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const big = someBytes(500_000);
  const { port, child, log } = await startPoorServer(folder, 160);
  const sockets = Array.from({ length: 400 }, () =>
    connect({ port, host: '127.0.0.1' }).on('error', () => {}),
  );
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  // Those that it has taken in are answered, be it with BUSY.
  const before = processorTime(child);
  putFile(folder, 'big', big);
  const replies = await Promise.all(
    sockets.map(async (socket) => {
      const wire = new Wire(socket);
      wire.send({ op: 'get', name: 'big' });
      const reply = wire.header().then(
        ({ code }) => String(code ?? 'OK'),
        () => 'gone',
      );
      // Where libuv has lost the descriptor that it keeps for this, a connection waits in the kernel until others end.
      const waits = delay(5_000, 'waits', { ref: false });
      return Promise.race([reply, waits]);
    }),
  );
  for (const reply of replies) expect(['OK', 'BUSY', 'INTERNAL', 'gone', 'waits']).toContain(reply);
  expect(replies.some((reply) => reply === 'gone' || reply === 'waits')).toBe(true);
  // A second of quiet: an accept that is tried over and over would use all of it.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const quiet = processorTime(child);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(processorTime(child) - quiet).toBeLessThan(0.5);
  expect(before).toBeGreaterThan(0);
  expect(child.exitCode).toBeNull();
  for (const socket of sockets) socket.destroy();
  for (;;) {
    const wire = await Wire.to(port);
    wire.send({ op: 'get', name: 'big' });
    const reply = await wire.header().catch(() => ({ ok: false, md5: null }));
    wire.socket.destroy();
    if (reply.ok === true) {
      expect(reply.md5).toBe(md5(big));
      break;
    }
    await turn();
  }
  expect(log()).not.toMatch(/bug|at .*\.js/);
});

test('case 35: connections that come and are reset leave no descriptor behind', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', someBytes(200_000));
  const server = await startServer(folder, ['--log', 'off']);
  const warm = await Wire.to(server.port);
  await warm.askBody({ op: 'get', name: 'a' });
  const before = descriptors(server.child).length;
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const socket = connect({ port: server.port, host: '127.0.0.1' }).on('error', () => {});
        await once(socket, 'connect');
        // Some at once, some in the middle of a reply.
        if (at % 2 === 0) {
          new Wire(socket).send({ op: at % 4 === 0 ? 'get' : 'stat', name: 'a' });
          await once(socket, 'data');
        }
        socket.resetAndDestroy();
      }),
    );
  }
  expect(await warm.ask({ op: 'ping' })).toMatchObject({ ok: true });
  while (descriptors(server.child).length > before) await turn();
});

test('case 36: 100 requests for a huge file share one hashing, which ends when they are dropped', async () => {
  const folder = tempFolder();
  const path = putSparse(folder, 'c/endless', 2 ** 42);
  // A name behind two links is served and not in the catalogue, so that nothing but the requests hashes it.
  putFile(folder, 'b/x', '');
  putFile(folder, 'a/x', '');
  symlinkSync('../b', join(folder, 'a/l'));
  symlinkSync('../c', join(folder, 'b/m'));
  const server = await startServer(folder, ['--header-timeout', '1s', '--log', 'off']);
  const open = () => descriptors(server.child).filter((target) => target === path).length;
  const wires = await Promise.all(Array.from({ length: 100 }, () => Wire.to(server.port)));
  for (const wire of wires) wire.send({ op: 'stat', name: 'a/l/m/endless', progress: true });
  for (const wire of wires) expect(await wire.header()).toHaveProperty('hashing');
  // One a request, one of the hashing they share, and those of hashings behind: 'c/endless' and 'b/m/endless'.
  expect(open()).toBeGreaterThanOrEqual(101);
  expect(open()).toBeLessThanOrEqual(103);
  for (const [at, { socket }] of wires.entries()) {
    if (at % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  while (open() > 2) await turn();
  const next = await Wire.to(server.port);
  putFile(folder, 'next', someBytes(300_000));
  expect(await next.ask({ op: 'stat', name: 'next' })).toMatchObject({ md5: md5(someBytes(300_000)) });
});

test('case 37: a reset in the middle of a body harms nobody', async () => {
  const folder = tempFolder();
  putSparse(folder, 'big', 2 ** 32);
  putFile(folder, 'small', 'hello');
  const server = await startServer(folder);
  // The threads that this starts stay, with descriptors of their own.
  const first = await Wire.to(server.port);
  expect(await first.ask({ op: 'get', name: 'small' })).toMatchObject({ ok: true });
  const before = descriptors(server.child).length;
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const wire = await Wire.to(server.port);
        wire.send({ op: 'get', name: 'big', defer: true }, { op: 'list' }, { op: 'get', name: 'big' });
        await wire.bytes(200_000);
        wire.socket.resetAndDestroy();
      }),
    );
  }
  const path = join(folder, 'big');
  // The one of the hashing behind may stay.
  while (descriptors(server.child).filter((target) => target === path).length > 1) await turn();
  expect(descriptors(server.child).length).toBeLessThan(before + 15);
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  expect(server.log()).not.toMatch(/bug|INTERNAL|at .*\.js/);
});

test('case 39: a flood of errors makes a bounded log', async () => {
  const server = await startServer(tempFolder());
  const wire = await Wire.to(server.port);
  const startedAt = Date.now();
  for (let round = 0; round < 50; round++) {
    wire.send(...Array.from({ length: 200 }, (_, at) => ({ op: 'get', name: `missing-${at}\n` })));
    for (let at = 0; at < 200; at++) expect((await wire.header()).code).toBe('NOT_FOUND');
  }
  const seconds = Math.ceil((Date.now() - startedAt) / 1_000) + 1;
  wire.socket.end();
  await wire.ended();
  const { stderr } = await server.stop();
  const lines = stderr.split('\n').length;
  expect(lines).toBeGreaterThan(50);
  // 100 a second, one that counts the rest, and what the server says of itself.
  expect(lines).toBeLessThan(seconds * 101 + 10);
  expect(stderr).toMatch(/missing-1\\n/);
});
