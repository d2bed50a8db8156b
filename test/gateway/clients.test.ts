import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const run = promisify(execFile);
const has = (program: string) => {
  const isThere = spawnSync(program, ['--version']).error === undefined;
  if (!isThere) console.warn(`skipped: ${program} is not installed`);
  return isThere;
};
const LARGE = someBytes(5_000_000, 3);
const FILES: Record<string, Buffer | string> = {
  'large.bin': LARGE,
  'sub/a b ö#?%.txt': 'odd',
  'sub/deep/empty': '',
  'top.txt': 'hello',
};

async function served(options: Parameters<typeof localServer>[1] = {}) {
  const storage = tempFolder();
  for (const [name, content] of Object.entries(FILES)) putFile(storage, name, content);
  const { port } = await localServer(storage, options);
  return { storage, base: `http://127.0.0.1:${port}`, dir: tempFolder() };
}

function expectAll(dir: string): void {
  const files = everythingIn(dir).filter((path) => !path.endsWith('/'));
  expect(files).toEqual(Object.keys(FILES).sort());
  for (const [name, content] of Object.entries(FILES)) {
    expect(readFileSync(join(dir, name)).equals(Buffer.from(content)), name).toBe(true);
  }
}

test.runIf(has('curl'))('curl: whole, resumed, a range, and not again', async () => {
  const { base, dir } = await served();
  const curl = (...args: string[]) => run('curl', ['-sS', '--fail', ...args], { cwd: dir });
  await curl('-O', `${base}/large.bin`);
  expect(readFileSync(join(dir, 'large.bin')).equals(LARGE)).toBe(true);
  truncateSync(join(dir, 'large.bin'), 1_234_567);
  await curl('-C', '-', '-O', `${base}/large.bin`);
  expect(readFileSync(join(dir, 'large.bin')).equals(LARGE)).toBe(true);
  expect((await curl('-r', '1-3', `${base}/top.txt`)).stdout).toBe('ell');
  await curl('--etag-save', 'tag', '-o', 'top.txt', `${base}/top.txt`);
  const again = await curl('--etag-compare', 'tag', '-w', '%{http_code}', `${base}/top.txt`);
  expect(again.stdout).toBe('304');
  const since = await curl('-z', 'top.txt', '-R', '-w', '%{http_code}', `${base}/top.txt`);
  expect(since.stdout).toBe('304');
});

test.runIf(has('wget'))('wget: all below a folder, and the rest of a file', async () => {
  const { base, dir } = await served();
  await run('wget', ['-q', '-r', '-np', '-nH', `${base}/`], { cwd: dir });
  for (const path of everythingIn(dir)) if (path.endsWith('index.html')) rmSync(join(dir, path));
  expectAll(dir);
  truncateSync(join(dir, 'large.bin'), 2_345_678);
  await run('wget', ['-q', '-c', `${base}/large.bin`], { cwd: dir });
  expect(readFileSync(join(dir, 'large.bin')).equals(LARGE)).toBe(true);
});

/** Answers as Sealift does, with one byte of the body turned over. */
async function chaosServer(base: string): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    const real = await fetch(`${base}${request.url}`);
    const body = Buffer.from(await real.arrayBuffer());
    const { digest = '', etag = '' } = Object.fromEntries(real.headers);
    body[1_000_000] = ~(body[1_000_000] ?? 0);
    response.writeHead(200, { Digest: digest, ETag: etag, 'Content-Length': body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sealift under this server's own address, with one byte turned over the first time that it comes by. */
async function damagingOnce(base: string): Promise<{ base: string; flips: () => number }> {
  let flips = 0;
  const server: Server = createServer((asked, answer) => {
    request(`${base}${asked.url}`, { headers: asked.headers }, (real) => {
      answer.writeHead(real.statusCode ?? 0, real.headers);
      const [, first = '0'] = /bytes (\d+)-/.exec(real.headers['content-range'] ?? '') ?? [];
      let at = Number(first);
      real.on('data', (piece: Buffer) => {
        const place = 1_500_000 - at;
        at += piece.length;
        const isFile = asked.url === '/large.bin';
        if (isFile && flips === 0 && place >= 0 && place < piece.length) {
          flips++;
          piece.writeUInt8(piece.readUInt8(place) ^ 1, place);
        }
        answer.write(piece);
      });
      real.once('end', () => answer.end());
    }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, flips: () => flips };
}

test.runIf(has('aria2c'))(
  'aria2: verifies by Digest, and by the pieces of a Metalink, which it mends',
  async () => {
    const { base, dir } = await served();
    const aria2 = (...args: string[]) =>
      run('aria2c', ['--no-conf', '--summary-interval=0', ...args], { cwd: dir });
    const { stdout } = await aria2('-x4', '-k1M', '--checksum=md5='.concat(md5(LARGE)), `${base}/large.bin`);
    expect(stdout).toContain('download completed');
    expect(readFileSync(join(dir, 'large.bin')).equals(LARGE)).toBe(true);
    const chaos = await chaosServer(base);
    await expect(aria2('-o', 'bad.bin', `${chaos}/large.bin`)).rejects.toMatchObject({
      stdout: expect.stringMatching(/checksum|Checksum/),
    });
    await aria2('--follow-metalink=mem', '-d', 'meta', `${base}/large.bin.meta4`);
    expect(readFileSync(join(dir, 'meta/large.bin')).equals(LARGE)).toBe(true);
    const damaging = await damagingOnce(base);
    await aria2('--follow-metalink=mem', '-d', 'mended', `${damaging.base}/large.bin.meta4`);
    expect(readFileSync(join(dir, 'mended/large.bin')).equals(LARGE)).toBe(true);
    expect(damaging.flips()).toBe(1);
  },
);

test.runIf(has('rclone'))('rclone: copies the storage, and finds no difference', async () => {
  const { base, dir, storage } = await served();
  const rclone = (...args: string[]) =>
    run('rclone', ['--config', join(dir, 'none.conf'), '--http-url', base, ...args]);
  const copy = join(dir, 'copy');
  await rclone('copy', ':http:', copy);
  expectAll(copy);
  await rclone('check', '--download', ':http:', copy);
  mkdirSync(join(dir, 'other'));
  cpSync(storage, join(dir, 'other'), { recursive: true, filter: (path) => !path.includes('.sealift') });
  truncateSync(join(dir, 'other/top.txt'), 1);
  await expect(rclone('check', '--download', ':http:', join(dir, 'other'))).rejects.toThrow();
});

test.runIf(has('rclone'))('rclone over WebDAV: copies the storage, and finds no difference', async () => {
  const { base, dir } = await served();
  const rclone = (...args: string[]) =>
    run('rclone', ['--config', join(dir, 'none.conf'), '--webdav-url', base, ...args]);
  const copy = join(dir, 'copy');
  await rclone('copy', ':webdav:', copy);
  expectAll(copy);
  await rclone('check', '--download', ':webdav:', copy);
});

const TOKEN = 'correct-horse-battery';
const CLOSED = { tokens: [TOKEN], limits: { wrongTokenDelay: 1, wrongTokenDelayMax: 1 } };

test.runIf(has('curl') && has('wget'))('curl and wget show a token', async () => {
  const { base, dir } = await served(CLOSED);
  const curl = (...args: string[]) => run('curl', ['-sS', '--fail', ...args], { cwd: dir });
  expect((await curl('-u', `:${TOKEN}`, `${base}/top.txt`)).stdout).toBe('hello');
  expect((await curl('-u', `any:${TOKEN}`, '--anyauth', `${base}/top.txt`)).stdout).toBe('hello');
  expect((await curl('-H', `Authorization: Bearer ${TOKEN}`, `${base}/top.txt`)).stdout).toBe('hello');
  expect((await curl(`${base.replace('//', `//${TOKEN}@`)}/top.txt`)).stdout).toBe('hello');
  for (const args of [[], ['-u', ':wrong'], ['-H', 'Authorization: Bearer wrong']]) {
    await expect(curl(...args, `${base}/top.txt`)).rejects.toMatchObject({
      stderr: expect.stringContaining('401'),
    });
  }
  // It asks without first, and goes on as it is challenged.
  await run('wget', ['-q', '-r', '-np', '-nH', '--user=any', `--password=${TOKEN}`, `${base}/`], {
    cwd: dir,
  });
  for (const path of everythingIn(dir)) if (path.endsWith('index.html')) rmSync(join(dir, path));
  expectAll(dir);
});

test.runIf(has('rclone'))('rclone shows a token, as a password and as it is', async () => {
  const { base, dir } = await served(CLOSED);
  const rclone = (...args: string[]) =>
    run('rclone', ['--config', join(dir, 'conf'), '--webdav-url', base, '--retries', '1', ...args]);
  const hidden = (await run('rclone', ['obscure', TOKEN])).stdout.trim();
  const copy = join(dir, 'copy');
  await rclone('copy', ':webdav:', copy, '--webdav-user', 'any', '--webdav-pass', hidden);
  expectAll(copy);
  await rclone('check', '--download', ':webdav:', copy, '--webdav-bearer-token', TOKEN);
  await expect(rclone('lsf', ':webdav:')).rejects.toMatchObject({ stderr: expect.stringContaining('401') });
});

test.runIf(has('cadaver'))('cadaver: lists folders and gets a file', async () => {
  const { base, dir } = await served();
  const commands = 'ls\ncd sub\nls\ncd ..\nget large.bin got.bin\nquit\n';
  const running = run('cadaver', [`${base}/`], { cwd: dir, env: { ...process.env, HOME: dir } });
  running.child.stdin?.end(commands);
  const { stdout } = await running;
  expect(stdout).toMatch(/Coll: +deep /);
  expect(stdout).toContain('a b ö#?%.txt');
  expect(readFileSync(join(dir, 'got.bin')).equals(LARGE)).toBe(true);
});

test.runIf(has('python3'))("Python's urllib, and md5sum -c of what it got", async () => {
  const { base, dir } = await served();
  const program = `
import os, sys, urllib.request, urllib.parse
base, dir = sys.argv[1:]
sums = urllib.request.urlopen(base + '/MD5SUMS').read().decode()
open(dir + '/MD5SUMS', 'w').write(sums)
for line in sums.splitlines():
    name = line[34:]
    os.makedirs(os.path.dirname(dir + '/' + name), exist_ok=True)
    urllib.request.urlretrieve(base + '/' + urllib.parse.quote(name), dir + '/' + name)
`;
  await run('python3', ['-c', program, base, dir]);
  await run('md5sum', ['-c', '--strict', '--quiet', 'MD5SUMS'], { cwd: dir });
  rmSync(join(dir, 'MD5SUMS'));
  expectAll(dir);
});
