import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ServeOptions, serve } from '#sealift/server/index.js';
import { INDEX_FILE } from '#sealift/store/digest-index/lmdb-index.js';
import { sealift, startCli, startServer } from '../helpers/cli.js';
import { md5, putFile, putSparse, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const SIZE = 256 << 20;
const ZEROS = Buffer.alloc(1 << 20);
const MD5_OF_ZEROS = '1f5039e50bd66b290c56684d8550c6c2';

async function serving(args: string[] = [], { size = SIZE } = {}) {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  putSparse(folder, 'big', size);
  const server = await startServer(folder, args);
  return { folder, server };
}

/** A transfer that has begun and waits for its client. */
async function stalledGet(port: number): Promise<Wire> {
  const wire = await Wire.to(port);
  wire.send({ op: 'get', name: 'big', defer: true });
  expect(await wire.header()).toMatchObject({ ok: true, length: SIZE });
  wire.socket.pause();
  return wire;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'case 79: %s lets a running transfer finish whole, and exits 0',
  async (signal) => {
    const { server } = await serving();
    const [wire, idle, silent] = [
      await stalledGet(server.port),
      await Wire.to(server.port),
      await Wire.to(server.port),
    ];
    expect(await idle.ask({ op: 'ping' })).toMatchObject({ ok: true });
    const exited = once(server.child, 'exit');
    server.child.kill(signal);
    // Both have nothing under way, and are ended at once.
    expect(await idle.ended()).toBe('end');
    expect(await silent.ended()).toBe('end');
    // Neither a new connection nor a new request on the one that is left.
    await expect(Wire.to(server.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    wire.send({ op: 'ping' });
    wire.socket.resume();
    for (let left = SIZE; left > 0; left -= Math.min(left, ZEROS.length)) {
      const bytes = await wire.bytes(Math.min(left, ZEROS.length));
      if (!bytes.equals(ZEROS.subarray(0, bytes.length))) throw new Error('other bytes');
    }
    expect(await wire.header()).toEqual({ ok: true, md5: MD5_OF_ZEROS });
    expect(await wire.ended()).toBe('end');
    expect(wire.unread).toBe(0);
    wire.socket.end();
    expect(await exited).toEqual([0, null]);
  },
);

test('case 79: --drain-timeout ends a transfer that stalls, by a reset', async () => {
  const { server } = await serving(['--drain-timeout', '300ms']);
  const wire = await stalledGet(server.port);
  expect(await server.stop()).toMatchObject({ code: 0 });
  wire.socket.removeAllListeners('data');
  wire.socket.resume();
  expect(await wire.wasReset()).toBe(true);
});

test('case 79: a second signal ends the server at once', async () => {
  const { server } = await serving();
  await stalledGet(server.port);
  const stopped = server.stop();
  while (!server.log().includes('stopping')) {
    await new Promise((resolve) => server.child.stderr?.once('data', resolve));
  }
  server.child.kill('SIGTERM');
  expect(await stopped).toMatchObject({ code: 130, signal: null });
});

test('a hashing that is under way does not hold a stopped server up', async () => {
  const folder = tempFolder();
  putSparse(folder, 'endless', 2 ** 42);
  const server = await startServer(folder, ['--drain-timeout', '300ms']);
  const wire = await Wire.to(server.port);
  wire.send({ op: 'stat', name: 'endless', progress: true });
  await wire.header();
  expect(await server.stop()).toMatchObject({ code: 0 });
  expect(await wire.wasReset()).toBe(true);
});

test('a server starts again at once on the same port', async () => {
  const { folder, server } = await serving([], { size: 1 });
  const { url } = server;
  const children = [server.child];
  for (let round = 0; round < 3; round++) {
    // A connection that the server closed leaves its port in TIME_WAIT.
    const wire = await Wire.to(server.port);
    expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
    const exited = once(children.at(-1) as ChildProcess, 'exit');
    children.at(-1)?.kill('SIGTERM');
    expect(await wire.ended()).toBe('end');
    wire.socket.end();
    expect(await exited).toEqual([0, null]);
    const { child } = startCli(['serve', folder, '--port', String(server.port)]);
    const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
    expect(line).toContain(url);
    children.push(child);
  }
});

test('a port in use is one line and exit 5', async () => {
  const { folder, server } = await serving([], { size: 1 });
  const result = await sealift(['serve', folder, '--port', String(server.port)]);
  expect(result).toMatchObject({ code: 5, stdout: '' });
  expect(result.stderr).toBe(
    `sealift: port ${server.port} on 127.0.0.1 is already in use; stop what uses it or choose another with --port\n`,
  );
});

test('beyond loopback only with --public', async () => {
  const folder = tempFolder();
  for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
    const result = await sealift(['serve', folder, '--port', '0', '--host', host]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/--public/);
  }
  const server = await startServer(folder, ['--host', '0.0.0.0', '--public']);
  expect(await (await Wire.to(server.port)).ask({ op: 'ping' })).toMatchObject({ ok: true });
});

test('a second server on the same folder works, and finds the digests of the first', async () => {
  const { folder, server } = await serving();
  const other = await startServer(folder);
  for (const { port } of [server, other]) {
    const wire = await Wire.to(port);
    expect(await wire.ask({ op: 'stat', name: 'a' })).toMatchObject({ md5: md5('hello') });
    expect(await wire.ask({ op: 'stat', name: 'big' })).toMatchObject({ md5: MD5_OF_ZEROS });
  }
  expect(await server.stop()).toMatchObject({ code: 0 });
  putFile(folder, 'b', 'new');
  const wire = await Wire.to(other.port);
  const { body } = await wire.askBody({ op: 'list' });
  expect(body.toString().split('\n').length).toBe(4);
  expect(existsSync(join(folder, '.sealift'))).toBe(true);
});

test('a server starts although its index is damaged', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  putFile(folder, `.sealift/${INDEX_FILE}`, someBytes(100_000));
  const server = await startServer(folder);
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'stat', name: 'a' })).toMatchObject({ ok: true, md5: md5('hello') });
});

test('a folder that is not there is one line and exit 7', async () => {
  const result = await startCli(['serve', join(tempFolder(), 'missing'), '--port', '0']).result;
  expect(result).toMatchObject({ code: 7, stdout: '' });
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
});

test('who is told of requests may fail: it ends that connection, not the server', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  let isFailing = true;
  const options: ServeOptions = {
    port: 0,
    onRequest: () => {
      if (isFailing) throw new Error('told in vain');
    },
  };
  const server = await serve(folder, options);
  const wire = await Wire.to(server.port);
  wire.send({ op: 'ping' });
  expect(await wire.ended()).toMatch(/ECONNRESET|end/);
  isFailing = false;
  expect(await (await Wire.to(server.port)).ask({ op: 'ping' })).toMatchObject({ ok: true });
  await server.close();
});
