import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { requireWindowsName } from '#sealift/client/target.js';
import { type SealiftServer, serve } from '#sealift/server/index.js';
import { sealift } from '../helpers/cli.js';
import { everythingIn, md5, putFile } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const SECRET = 'what nobody may see';

// parent/store is served; all the rest of parent is outside.
let parent = '';
let storage = '';
let server: SealiftServer;
let wire: Wire;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'sealift-test-'));
  storage = join(parent, 'store');
  for (const name of ['secret', 'store-evil/secret', 'outside/secret', 'outside/sub/secret'])
    putFile(parent, name, SECRET);
  for (const name of ['.hidden', '.folder/file', 'sub/.hidden', '.sealift-x.part', 'sub/good'])
    putFile(storage, name, 'x');
  putFile(storage, 'good', 'good');
  server = await serve(storage, { port: 0 });
  return async () => {
    await server.close();
    rmSync(parent, { recursive: true });
  };
});

beforeEach(async () => {
  wire = await Wire.to(server.port);
});

/** No op serves the name, none says more than that, and the connection goes on. */
async function expectNotServed(...names: string[]): Promise<void> {
  for (const name of names) {
    for (const request of [
      { op: 'get' },
      { op: 'stat' },
      { op: 'get', defer: true },
      { op: 'get', offset: 0, length: 1 },
    ]) {
      const reply = await wire.ask({ ...request, name });
      expect(reply, JSON.stringify(name)).toMatchObject({ ok: false, code: 'NOT_FOUND' });
      // It may say again what was asked, and nothing more.
      expect(String(reply.message).replaceAll(name, '')).not.toContain(parent);
    }
  }
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  const { body } = await wire.askBody({ op: 'list' });
  const listed = body
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).name);
  for (const name of names) expect(listed).not.toContain(name);
}

function link(target: string, name: string): void {
  symlinkSync(target, join(storage, name));
  onTestFinished(() => rmSync(join(storage, name)));
}

test('case 14: ../x and absolute names', async () => {
  await expectNotServed(
    '../secret',
    'sub/../../secret',
    '..',
    '../store/good',
    'sub/../good',
    './good',
    '/etc/passwd',
  );
  await expectNotServed(
    join(parent, 'secret'),
    '//etc/passwd',
    'file:///etc/passwd',
    '~/.bashrc',
    'sub//good',
  );
});

test('case 15: a sibling whose name begins like the storage', async () => {
  await expectNotServed('../store-evil/secret', '-evil/secret');
  link('../store-evil/secret', 'evil');
  link('../store-evil', 'evil-folder');
  await expectNotServed('evil', 'evil-folder/secret');
});

test('case 16: NUL', async () => {
  await expectNotServed('good\0', 'good\0.png', '\0', 'sub\0/good');
});

test('case 17: %2e%2e and double encoding are characters like others', async () => {
  await expectNotServed(
    '%2e%2e/secret',
    '..%2fsecret',
    '%252e%252e%252fsecret',
    '..%c0%afsecret',
    'sub%2fgood',
  );
  putFile(storage, '%2e%2e%2fsecret', 'an ordinary name');
  const { body } = await wire.askBody({ op: 'get', name: '%2e%2e%2fsecret' });
  expect(body.toString()).toBe('an ordinary name');
});

test('case 18: backslashes', async () => {
  putFile(storage, 'back\\slash', 'x');
  await expectNotServed(
    '..\\secret',
    'sub\\good',
    'back\\slash',
    '\\\\host\\share',
    'sub\\..\\..\\secret',
    '..%5csecret',
  );
});

test('case 19: names that Windows reads as something else are refused by a Windows client', () => {
  const refused = [
    'C:x',
    'C:',
    'a:stream',
    'NUL',
    'nul.txt',
    'CON',
    'com1',
    'COM9.log',
    'LPT1',
    'lpt¹.x',
    'CONIN$',
  ];
  for (const segment of [
    ...refused,
    'AUX.tar.gz',
    'prn',
    'dot.',
    'space ',
    'a<b',
    'a>b',
    'a"b',
    'a|b',
    'a?b',
    'a*b',
    '...',
  ]) {
    expect(() => requireWindowsName(segment, segment), segment).toThrow(
      expect.objectContaining({ code: 'PERMISSION' }),
    );
  }
  for (const segment of [
    'x',
    'nullable',
    'console.log',
    'com',
    'com10',
    'a.b',
    'aux-file',
    'con-1.txt',
    '.x',
    'é',
  ]) {
    expect(() => requireWindowsName(segment, segment), segment).not.toThrow();
  }
});

test('case 19: elsewhere they are ordinary names', async () => {
  for (const name of ['C:x', 'NUL.txt', 'a:stream', 'dot.']) {
    putFile(storage, name, name);
    expect((await wire.askBody({ op: 'get', name })).body.toString()).toBe(name);
  }
});

test('case 20: a link to a file outside', async () => {
  link(join(parent, 'secret'), 'absolute');
  link('../secret', 'relative');
  link('absolute', 'link-to-link');
  link('.hidden', 'to-hidden');
  link('/proc/self/environ', 'proc');
  await expectNotServed('absolute', 'relative', 'link-to-link', 'to-hidden', 'proc');
});

test('case 21: a link to a folder outside', async () => {
  link('../outside', 'folder');
  link('/', 'root');
  link('.folder', 'to-hidden-folder');
  link('..', 'up');
  await expectNotServed(
    'folder/secret',
    'folder/sub/secret',
    'root/etc/passwd',
    'to-hidden-folder/file',
    'up/secret',
    'folder',
  );
});

test('case 22: a folder that becomes a link outside while it is asked for', async () => {
  // In a thread of its own: two renames a round, as fast as it goes.
  mkdirSync(join(storage, 'flip'));
  const inside = {
    real: join(storage, '.flip-real'),
    link: join(storage, '.flip-link'),
    at: join(storage, 'flip'),
  };
  writeFileSync(join(inside.at, 'secret'), 'public');
  symlinkSync(join(parent, 'outside'), inside.link);
  const flipper = new Worker(
    `const { renameSync } = require('node:fs');
     const { parentPort, workerData: { real, link, at } } = require('node:worker_threads');
     let isOver = false;
     parentPort.on('message', () => (isOver = true));
     (function round() {
       for (let n = 0; n < 50; n++) { renameSync(at, real); renameSync(link, at); renameSync(at, link); renameSync(real, at); }
       if (isOver) process.exit(); else setImmediate(round);
     })();`,
    { eval: true, workerData: inside },
  );
  const ended = new Promise((resolve) => flipper.once('exit', resolve));
  const wires = await Promise.all(Array.from({ length: 4 }, () => Wire.to(server.port)));
  const tally = { served: 0, refused: 0 };
  const until = Date.now() + 1_500;
  const ask = async (one: Wire) => {
    while (Date.now() < until) {
      const { header, body } = await one.askBody({ op: 'get', name: 'flip/secret', defer: true });
      if (header.ok !== true) tally.refused++;
      else {
        tally.served++;
        expect(body.toString()).toBe('public');
        if (header.deferred === true) await one.header();
      }
    }
  };
  await Promise.all(wires.map(ask));
  flipper.postMessage('over');
  await ended;
  expect(tally.served).toBeGreaterThan(0);
  expect(tally.refused).toBeGreaterThan(0);
  rmSync(join(storage, 'flip'), { recursive: true });
});

test('case 23: a FIFO does not block, nor do many', async () => {
  for (let at = 0; at < 8; at++) execFileSync('mkfifo', [join(storage, `fifo${at}`)]);
  const wires = await Promise.all(Array.from({ length: 32 }, () => Wire.to(server.port)));
  const startedAt = Date.now();
  await Promise.all(
    wires.map(async (one, at) => {
      expect(await one.ask({ op: 'get', name: `fifo${at % 8}` })).toMatchObject({ code: 'NOT_FOUND' });
    }),
  );
  expect(Date.now() - startedAt).toBeLessThan(3_000);
  await expectNotServed('fifo0');
});

test('case 23: a FIFO is not even opened: who waits to write to it waits on', async () => {
  const path = join(storage, 'awaited');
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', ['-c', 'echo begun; : > "$0"', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  // The shell opens it right after it has spoken; each of these would let it go.
  for (let round = 0; round < 200; round++) {
    expect(await wire.ask({ op: 'get', name: 'awaited' })).toMatchObject({ code: 'NOT_FOUND' });
  }
  expect(writer.exitCode).toBeNull();
  const exited = once(writer, 'exit');
  closeSync(openSync(path, constants.O_RDONLY));
  expect(await exited).toEqual([0, null]);
});

test('case 23: a file that becomes a FIFO just when it is opened does not block', async () => {
  const [file, fifo, other] = [
    join(storage, 'flip-file'),
    join(storage, '.flip-fifo'),
    join(storage, '.flip-other'),
  ];
  writeFileSync(file, 'x');
  execFileSync('mkfifo', [fifo]);
  const flipper = new Worker(
    `const { renameSync } = require('node:fs');
     const { parentPort, workerData: { file, fifo, other } } = require('node:worker_threads');
     let isOver = false;
     parentPort.on('message', () => (isOver = true));
     (function round() {
       for (let n = 0; n < 50; n++) { renameSync(file, other); renameSync(fifo, file); renameSync(file, fifo); renameSync(other, file); }
       if (isOver) process.exit(); else setImmediate(round);
     })();`,
    { eval: true, workerData: { file, fifo, other } },
  );
  const ended = new Promise((resolve) => flipper.once('exit', resolve));
  const until = Date.now() + 1_000;
  const wires = await Promise.all(Array.from({ length: 4 }, () => Wire.to(server.port)));
  await Promise.all(
    wires.map(async (one) => {
      while (Date.now() < until) {
        const { header, body } = await one.askBody({ op: 'get', name: 'flip-file', defer: true });
        if (header.ok === true) {
          expect(body.toString()).toBe('x');
          if (header.deferred === true) await one.header();
        }
      }
    }),
  );
  flipper.postMessage('over');
  await ended;
  rmSync(file);
});

test('case 24: a folder, a socket, a device', async () => {
  const path = join(storage, 'socket');
  const listener: Server = createServer().listen(path);
  await new Promise((resolve) => listener.once('listening', resolve));
  onTestFinished(() => void listener.close());
  link('/dev/zero', 'device');
  link('/dev/tty', 'terminal');
  const names = ['sub', 'sub/', 'socket', 'device', 'terminal'];
  if (process.getuid?.() === 0) {
    execFileSync('mknod', [join(storage, 'node'), 'c', '1', '5']);
    names.push('node');
  }
  await expectNotServed(...names);
});

test('case 25: the empty name, a dot, 256 bytes', async () => {
  await expectNotServed(
    '',
    '.',
    './',
    '/',
    'x'.repeat(256),
    `${'x'.repeat(255)}/`,
    'é'.repeat(128),
    'good/x',
    'good/',
  );
  await expectNotServed(`${'x/'.repeat(512)}x`, 'x'.repeat(60_000), 'é'.repeat(30_000), '\ud800');
  const longest = 'y'.repeat(255);
  putFile(storage, longest, 'long');
  expect((await wire.askBody({ op: 'get', name: longest })).body.toString()).toBe('long');
});

test('case 26: names that differ by form or case only are never mixed up, nor overwrite each other', async () => {
  const [folder, downloads] = [tempFolder(), tempFolder()];
  const names = [
    'caf\u00e9',
    'CAF\u00c9',
    'Stra\u00dfe',
    'Strasse',
    'a',
    'A',
    '\u017f',
    's',
    '\u212a'.normalize(),
    'k',
  ];
  for (const name of names) putFile(folder, name, `content of ${name}`);
  // Not in NFC, so not served, though the other form is.
  putFile(folder, 'cafe\u0301', 'decomposed');
  putFile(folder, 'only-e\u0301', 'decomposed');
  const { url, port, close } = await serve(folder, { port: 0 });
  try {
    const one = await Wire.to(port);
    for (const name of names) {
      const { header, body } = await one.askBody({ op: 'get', name });
      expect([header.name, body.toString()]).toEqual([name, `content of ${name}`]);
    }
    for (const name of ['cafe\u0301', 'only-e\u0301', 'only-\u00e9', 'STRASSE', 'CAFE\u0301']) {
      expect(await one.ask({ op: 'get', name })).toMatchObject({ code: 'NOT_FOUND' });
    }
    const { code } = await sealift(['fetch', '**', '-s', url, '-d', downloads]);
    const got = everythingIn(downloads);
    // A file system that does not tell them apart holds fewer, but none with another's bytes.
    for (const name of got) expect(readFileSync(join(downloads, name), 'utf8')).toBe(`content of ${name}`);
    if (code === 0) expect(got).toEqual([...new Set(names)].sort());
  } finally {
    await close();
  }
});

test('case 27: newline, bidi and control characters', async () => {
  const names = [
    'new\nline',
    'tab\t',
    'rtl\u202etxt',
    'lrm\u200e',
    'esc\x1b[31m',
    'c1\u0085',
    'ls\u2028',
    'ps\u2029',
    'del\x7f',
  ];
  for (const name of names) putFile(storage, name, 'x');
  await expectNotServed(...names);
  const { message } = await wire.ask({ op: 'get', name: 'esc\x1b[31m\nfake\u202e' });
  expect(message).toMatch(/^[\x20-\x7e]*$/);
});

test('case 28: hidden files, part files and the index', async () => {
  await expectNotServed(
    '.hidden',
    '.folder/file',
    'sub/.hidden',
    '.sealift-x.part',
    '.sealift',
    '.sealift/index-v2.mdb',
  );
});

test('case 29: no failure reveals where the storage is', async () => {
  link('loop', 'loop');
  const requests = [
    { op: 'get', name: 'missing' },
    { op: 'get', name: 'sub' },
    { op: 'get', name: 'loop' },
    { op: 'get', name: 'good', offset: 99 },
    { op: 'get', name: 'good', ifMd5: md5('other') },
    { op: 'stat', name: '../x' },
    { op: 'nothing' },
    { op: 'hello', versions: [9] },
    { op: 'list', pattern: 7 },
  ];
  for (const request of requests) {
    const reply = JSON.stringify(await wire.ask(request));
    expect(reply).toContain('"ok":false');
    for (const part of [parent, storage, tmpdir(), 'ENOENT', 'ELOOP', 'node:'])
      expect(reply).not.toContain(part);
  }
});

test('a rename out of the storage while it is read serves what was inside', async () => {
  putFile(storage, 'leaving', 'x'.repeat(100));
  wire.send({ op: 'get', name: 'leaving' });
  renameSync(join(storage, 'leaving'), join(parent, 'left'));
  const header = await wire.header();
  if (header.ok === true) expect((await wire.bytes(100)).toString()).toBe('x'.repeat(100));
  else expect(header.code).toMatch(/NOT_FOUND|CHANGED/);
});
