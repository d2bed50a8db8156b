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
import { sealift, startServer } from '../helpers/cli.js';
import { everythingIn, md5, putFile, putSparse, rot, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

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
      writeSync(fd, pages[nth % 2], 0, size, 0);
      if (performance.now() % 150 > 100) rest(50);
    }`,
    path,
    String(size),
  ]);
  onTestFinished(() => void writer.kill('SIGKILL'));
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
  expect(mixtures).toBe(0);
  expect(whole).toBeGreaterThan(5);
});
