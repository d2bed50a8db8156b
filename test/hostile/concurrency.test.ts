import { spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '#sealift/index.js';
import { chunkServer } from '../helpers/chunk-server.js';
import { sealift, startServer } from '../helpers/cli.js';
import { everythingIn, md5, putFile, putSparse, rot, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, Wire } from '../helpers/wire.js';

const SIZE = 64 << 20;

/** A transfer of zeros that has begun; the server waits for the client, far from the end. */
async function halfWay(): Promise<{
  folder: string;
  path: string;
  wire: Wire;
  rest: () => Promise<Buffer[]>;
}> {
  const folder = tempFolder();
  const path = putSparse(folder, 'big', SIZE);
  const server = await startServer(folder);
  const wire = await Wire.to(server.port);
  wire.send({ op: 'get', name: 'big', defer: true });
  expect(await wire.header()).toMatchObject({ ok: true, size: SIZE, length: SIZE });
  wire.socket.pause();
  // All that comes until the connection ends.
  const rest = async () => {
    const pieces: Buffer[] = [await wire.bytes(wire.unread)];
    wire.socket.removeAllListeners('data');
    wire.socket.on('data', (piece) => pieces.push(piece));
    wire.socket.resume();
    await wire.ended();
    return pieces;
  };
  return { folder, path, wire, rest };
}

const lengthOf = (pieces: Buffer[]) => pieces.reduce((sum, piece) => sum + piece.length, 0);
const isZeros = (pieces: Buffer[]) => pieces.every((piece) => piece.equals(Buffer.alloc(piece.length)));

test('case 63: a file that grows while it is sent: a reset before the last bytes, and never one too many', async () => {
  const { path, wire, rest } = await halfWay();
  appendFileSync(path, 'more');
  const pieces = await rest();
  expect(lengthOf(pieces)).toBeLessThan(SIZE);
  expect(isZeros(pieces)).toBe(true);
  expect(await wire.wasReset()).toBe(true);
});

test('case 64: a file that shrinks while it is sent: a reset, and no byte that was not in it', async () => {
  const { path, wire, rest } = await halfWay();
  truncateSync(path, SIZE / 2 + 1_000);
  const pieces = await rest();
  expect(lengthOf(pieces)).toBeLessThanOrEqual(SIZE / 2 + 1_000);
  expect(isZeros(pieces)).toBe(true);
  expect(await wire.wasReset()).toBe(true);
});

test('case 65: a file that is replaced by a rename while it is sent: bytes of the one that was announced only', async () => {
  const { folder, path, wire, rest } = await halfWay();
  putFile(folder, '.new', Buffer.alloc(SIZE, 'x'));
  renameSync(join(folder, '.new'), path);
  const pieces = await rest();
  expect(isZeros(pieces)).toBe(true);
  expect(lengthOf(pieces)).toBeLessThan(SIZE);
  expect(await wire.wasReset()).toBe(true);
});

test('case 66: a file that is edited in place while it is sent: a reset, also when its mtime is put back', async () => {
  const { path, wire, rest } = await halfWay();
  const fd = openSync(path, 'r+');
  writeSync(fd, 'edited', SIZE - 100);
  closeSync(fd);
  const past = new Date('2026-01-02T03:04:05.678Z');
  utimesSync(path, past, past);
  expect(lengthOf(await rest())).toBeLessThan(SIZE);
  expect(await wire.wasReset()).toBe(true);
});

test('case 66: a file that is edited in place between hash and send is not sent with the old MD5', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const server = await startServer(folder);
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'stat', name: 'a' })).toMatchObject({ md5: md5('hello') });
  putFile(folder, 'a', 'other length');
  expect((await wire.askBody({ op: 'get', name: 'a' })).header.md5).toBe(md5('other length'));
  // The same size and mtime: an edit that hides, told by ctime.
  rot(folder, 'a', 'OTHER LENGTH');
  expect(await wire.ask({ op: 'get', name: 'a' })).toMatchObject({ code: 'CORRUPT' });
});

test('case 65: a name that is replaced over and over is always one whole version', async () => {
  const folder = tempFolder();
  const versions = [someBytes(20_000, 1), someBytes(30_000, 2)];
  putFile(folder, 'a', versions[0] as Buffer);
  const server = await startServer(folder, ['--log', 'off']);
  const wire = await Wire.to(server.port);
  const tally = { whole: 0, refused: 0 };
  for (let round = 0; round < 300; round++) {
    wire.send({ op: 'get', name: 'a' });
    putFile(folder, '.new', versions[round % 2] as Buffer);
    renameSync(join(folder, '.new'), join(folder, 'a'));
    const header = await wire.header();
    if (header.ok !== true) {
      expect(header.code).toBe('CHANGED');
      tally.refused++;
      continue;
    }
    tally.whole++;
    const body = await wire.bytes(Number(header.length));
    expect(md5(body)).toBe(header.md5);
    expect(versions.some((version) => version.equals(body))).toBe(true);
  }
  expect(tally.whole).toBeGreaterThan(tally.refused);
});

test('case 67: two downloads to one target: one whole file, and nothing else', async () => {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  const content = someBytes(5 << 20);
  putFile(storage, 'a', content);
  const server = await startServer(storage);
  const args = ['fetch', 'a', '-s', server.url, '-d', downloads];
  const results = await Promise.all([sealift(args), sealift(args), sealift([...args, '--force'])]);
  // A winner; who comes second finds the same file there, or is told that it is.
  for (const { code, stderr } of results) expect([0, 7], stderr).toContain(code);
  expect(results.map(({ code }) => code)).toContain(0);
  expect(readFileSync(join(downloads, 'a')).equals(content)).toBe(true);
  expect(await sealift(args)).toMatchObject({ code: 0 });
  expect(everythingIn(downloads)).toEqual(['a']);
});

test('case 68: an upload is not offered, at whatever offset, and writes nothing', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const server = await startServer(folder);
  const served = () => everythingIn(folder).filter((name) => !name.startsWith('.sealift/'));
  const wires = await Promise.all([Wire.to(server.port), Wire.to(server.port)]);
  for (const op of ['put', 'upload', 'append', 'patch', 'delete', 'rename']) {
    // Two at the same place at once, each with a body.
    for (const wire of wires) {
      wire.write(Buffer.concat([frame({ op, name: 'a', offset: 5, length: 6 }), Buffer.from(' world')]));
    }
    for (const wire of wires) expect(await wire.header()).toMatchObject({ ok: false, code: 'UNSUPPORTED' });
  }
  for (const wire of wires) {
    expect((await wire.askBody({ op: 'get', name: 'a' })).body.toString()).toBe('hello');
  }
  expect(served()).toEqual(['a']);
});

test('case 69: a part file in the storage is invisible until it is complete', async () => {
  const folder = tempFolder();
  const served = await chunkServer(someBytes(2 << 20), {
    body: (body, { op }) => (op === 'get' ? body.subarray(0, 1_500_000) : body),
  });
  const client = await connect(served.url);
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const isHalf = new Promise<void>((resolve) => {
    const onProgress = ({ bytes }: { bytes: number }) => {
      if (bytes >= 1_500_000) resolve();
    };
    client.fetch('big', { dir: folder, signal: abort.signal, onProgress }).catch(() => {});
  });
  await isHalf;
  const part = everythingIn(folder).find((name) => name.endsWith('.part')) as string;
  const server = await startServer(folder);
  const wire = await Wire.to(server.port);
  const { header, body } = await wire.askBody({ op: 'list' });
  expect([header.count, body.toString()]).toEqual([0, '']);
  for (const op of ['get', 'stat', 'manifest']) {
    for (const name of [part, 'big']) {
      expect(await wire.ask({ op, name }), `${op} ${name}`).toMatchObject({ code: 'NOT_FOUND' });
    }
  }
});

test('case 66: a file that is rewritten in place over and over is never a mixture', async () => {
  const folder = tempFolder();
  const size = 100_000;
  const path = putFile(folder, 'f', Buffer.alloc(size, 65));
  const server = await startServer(folder, ['--log', 'off']);
  // Write upon write, so that one is under way when the file is opened, and rests long enough to read it.
  const writer = spawn(process.execPath, [
    '-e',
    `const { openSync, writeSync } = require('node:fs');
    const [path, size] = [process.argv[1], Number(process.argv[2])];
    const [fd, pages] = [openSync(path, 'r+'), [Buffer.alloc(size, 65), Buffer.alloc(size, 66)]];
    const rest = (ms) => { for (const until = performance.now() + ms; performance.now() < until; ); };
    for (let nth = 0; ; nth++) {
      const startedAt = performance.now();
      writeSync(fd, pages[nth % 2], 0, size, 0);
      if (performance.now() - startedAt > 10) writeSync(1, '.');
      if (performance.now() % 150 > 100) rest(50);
    }`,
    path,
    String(size),
  ]);
  onTestFinished(() => void writer.kill('SIGKILL'));
  // A machine so busy that one write call is held up for longer than the clock's tick: half of it rests on disk, and no look
  // can tell (docs/protocol.md, What a body promises).
  let isHeldUp = false;
  writer.stdout.once('data', () => (isHeldUp = true));
  let [whole, mixtures] = [0, 0];
  const until = Date.now() + 4_000;
  while (Date.now() < until) {
    const wire = await Wire.to(server.port);
    try {
      for (let nth = 0; nth < 50 && Date.now() < until; nth++) {
        const { header, body } = await wire.askBody({ op: 'get', name: 'f', defer: true });
        if (header.ok !== true) continue;
        const digest = header.md5 ?? (await wire.header()).md5;
        if (md5(body) !== digest) continue;
        if (body.equals(Buffer.alloc(size, body[0]))) whole++;
        else mixtures++;
      }
    } catch {
      // A reset: the file changed in mid-body.
    }
    wire.socket.destroy();
  }
  if (!isHeldUp) expect(mixtures).toBe(0);
  expect(whole).toBeGreaterThan(5);
});
