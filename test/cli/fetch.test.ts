import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliResult, sealift, startCli } from '../helpers/cli.js';
import { everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, getReply, maliciousServer, Wire } from '../helpers/wire.js';

const PICTURE = someBytes(300_000, 3);

async function setUp() {
  const [storage, cwd] = [tempFolder(), tempFolder()];
  putFile(storage, 'girl.png', PICTURE);
  putFile(storage, 'rep/a.csv', 'a');
  putFile(storage, 'rep/deep/b.csv', 'b');
  putFile(storage, 'reports/c.csv', 'c');
  putFile(storage, '海运/笔记.txt', 'notes');
  const { url } = await localServer(storage);
  const run = (...args: string[]) => sealift(args, { cwd, env: { SEALIFT_SERVER: url } });
  return { storage, cwd, url, run, downloads: join(cwd, 'downloads') };
}

function events({ stdout }: CliResult): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('paths on stdout, notes on stderr; the server from SEALIFT_SERVER', async () => {
  const { run } = await setUp();
  const result = await run('fetch', 'girl.png');
  expect(result).toMatchObject({ code: 0, stdout: 'downloads/girl.png\n' });
  expect(result.stderr).toMatch(
    /^verified girl\.png {2}300 kB in .*, md5 [0-9a-f]{32} -> downloads\/girl\.png\n$/,
  );
});

test('a file that matches is left alone and said so; one that differs needs --force', async () => {
  const { run, downloads } = await setUp();
  await run('get', 'girl.png', '-q');
  const again = await run('fetch', 'girl.png');
  expect(again).toMatchObject({ code: 0, stdout: 'downloads/girl.png\n' });
  expect(again.stderr).toContain('left alone');
  putFile(downloads, 'girl.png', 'mine');
  const refused = await run('fetch', 'girl.png');
  expect(refused).toMatchObject({ code: 7, stdout: '' });
  expect(refused.stderr).toContain('--force');
  expect(readFileSync(join(downloads, 'girl.png'), 'utf8')).toBe('mine');
  expect((await run('fetch', 'girl.png', '-f')).code).toBe(0);
  expect(readFileSync(join(downloads, 'girl.png')).equals(PICTURE)).toBe(true);
});

describe('what a name may be', () => {
  test('a folder, and not the folder that only begins like it', async () => {
    const { run, downloads } = await setUp();
    expect((await run('fetch', 'rep')).code).toBe(0);
    expect((await run('fetch', 'rep/', '-d', 'slash')).code).toBe(0);
    const expected = ['rep/', 'rep/a.csv', 'rep/deep/', 'rep/deep/b.csv'];
    expect(everythingIn(downloads)).toEqual(expected);
    expect(everythingIn(join(downloads, '../slash'))).toEqual(expected);
  });

  test('a glob pattern, a name in another Unicode form, a name behind ./', async () => {
    const { run, downloads } = await setUp();
    expect((await run('fetch', '**/*.csv', '-j', '8')).code).toBe(0);
    expect((await run('fetch', './海运/笔记.txt'.normalize('NFD'))).code).toBe(0);
    const files = everythingIn(downloads).filter((path) => !path.endsWith('/'));
    expect(files).toEqual(['rep/a.csv', 'rep/deep/b.csv', 'reports/c.csv', '海运/笔记.txt']);
  });

  test('a pattern that nothing matches, and a name that no server may serve', async () => {
    const { run, downloads } = await setUp();
    for (const name of ['*.nope', '../girl.png', '/etc/passwd', '.hidden', '..']) {
      const result = await run('fetch', name);
      expect(result).toMatchObject({ code: 3, stdout: '' });
      expect(result.stderr).toContain(name);
    }
    expect(existsSync(downloads)).toBe(false);
  });
});

test('several names, some failing: the rest go on, the first failure in order is the exit code', async () => {
  const { run, downloads } = await setUp();
  putFile(downloads, 'girl.png', 'mine');
  const args = ['rep/a.csv', 'reports/c.csv', '--json'];
  const notFoundFirst = await run('fetch', 'gril.png', 'girl.png', ...args);
  expect(notFoundFirst.code).toBe(3);
  const errors = events(notFoundFirst).filter(({ event }) => event === 'error');
  expect(errors.map(({ name, code }) => [name, code]).sort()).toEqual([
    ['girl.png', 'EXISTS'],
    ['gril.png', 'NOT_FOUND'],
  ]);
  expect(errors.find(({ name }) => name === 'gril.png')?.message).toContain('did you mean "girl.png"?');
  expect(everythingIn(downloads)).toContain('rep/a.csv');
  expect(everythingIn(downloads)).toContain('reports/c.csv');
  expect((await run('fetch', 'girl.png', 'gril.png', ...args)).code).toBe(7);
});

test('--json: the events and nothing else', async () => {
  const { run, cwd } = await setUp();
  const first = await run('fetch', 'girl.png', '--json');
  expect(first.code).toBe(0);
  const seen = events(first);
  expect(seen[0]).toEqual({ event: 'start', name: 'girl.png', size: PICTURE.length });
  expect(seen.at(-1)).toEqual({
    event: 'done',
    name: 'girl.png',
    path: 'downloads/girl.png',
    size: PICTURE.length,
    md5: md5(PICTURE),
    seconds: expect.any(Number),
    resumedFrom: 0,
  });
  for (const event of seen.slice(1, -1)) {
    expect(event).toEqual({
      event: 'progress',
      name: 'girl.png',
      bytes: expect.any(Number),
      size: PICTURE.length,
    });
  }
  const skipped = events(await run('fetch', 'girl.png', '--json'));
  expect(skipped).toEqual([expect.objectContaining({ event: 'skipped', name: 'girl.png' })]);
  const noServer = await sealift(['fetch', 'a', 'b', '--json', '-s', '127.0.0.1:1'], { cwd });
  expect(noServer.code).toBe(5);
  expect(events(noServer).map(({ event, name, code }) => [event, name, code])).toEqual([
    ['error', 'a', 'NETWORK'],
    ['error', 'b', 'NETWORK'],
  ]);
});

/** Sends `body` in small pieces over about `seconds`. */
function slowServer(body: Buffer, seconds: number, onBody = () => {}): Promise<string> {
  return maliciousServer(async (wire: Wire) => {
    for (;;) {
      const { name } = await wire.header();
      wire.write(frame(getReply(String(name), body, md5(body))));
      let at = 0;
      const step = Math.ceil(body.length / (seconds * 40));
      const timer = setInterval(() => {
        if (at > 0) onBody();
        wire.write(body.subarray(at, at + step));
        at += step;
        if (at >= body.length) clearInterval(timer);
      }, 25);
      wire.socket.once('close', () => clearInterval(timer));
    }
  });
}

test('--json: progress at most ten times a second, and never backwards', async () => {
  const url = await slowServer(PICTURE, 1);
  const seen = events(await sealift(['fetch', 'a', '--json', '-s', url], { cwd: tempFolder() }));
  const progress = seen.filter(({ event }) => event === 'progress').map(({ bytes }) => Number(bytes));
  const { seconds } = seen.at(-1) as { seconds: number };
  expect(String(seconds)).toMatch(/^\d+(\.\d{1,3})?$/);
  expect(progress.length).toBeGreaterThan(2);
  expect(progress.length).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 1);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

describe('--expect', () => {
  const digests = {
    md5: md5(PICTURE),
    sha256: createHash('sha256').update(PICTURE).digest('hex'),
  };

  test.each(Object.entries(digests))('%s right and wrong', async (algorithm, hex) => {
    const { run, downloads } = await setUp();
    const wrong = `${algorithm}:${hex.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))}`;
    const rejected = await run('fetch', 'girl.png', '--expect', wrong);
    expect(rejected).toMatchObject({ code: 4, stdout: '' });
    expect(rejected.stderr).toContain('not the expected file');
    expect(existsSync(join(downloads, 'girl.png'))).toBe(false);
    const right = `${algorithm}:${hex}`.toUpperCase();
    expect((await run('fetch', 'girl.png', '--expect', right)).code).toBe(0);
    // Of a file that is there already as well.
    expect((await run('fetch', 'girl.png', '--expect', wrong)).code).toBe(4);
    expect((await run('fetch', 'girl.png', '--expect', right)).code).toBe(0);
  });

  test('blake3: the digest of nothing, which everybody knows', async () => {
    const { run, storage } = await setUp();
    putFile(storage, 'empty', '');
    const hex = 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262';
    expect((await run('fetch', 'empty', '--expect', `blake3:${hex}`)).code).toBe(0);
    expect((await run('fetch', 'girl.png', '--expect', `blake3:${hex}`)).code).toBe(4);
  });
});

test('-o FILE, -o -, -q, --no-fsync', async () => {
  const { run, cwd } = await setUp();
  expect((await run('fetch', 'girl.png', '-o', 'x/y.png')).code).toBe(0);
  expect(readFileSync(join(cwd, 'x/y.png')).equals(PICTURE)).toBe(true);
  const piped = await run('fetch', 'rep/a.csv', '-o', '-');
  expect(piped).toMatchObject({ code: 0, stdout: 'a' });
  expect(piped.stderr).toMatch(/ -> stdout\n$/);
  expect(await run('fetch', 'girl.png', '-q', '--no-fsync')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
  const quiet = await run('fetch', 'nope', '-q');
  expect(quiet.code).toBe(3);
  expect(quiet.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(everythingIn(cwd)).toEqual(['downloads/', 'downloads/girl.png', 'x/', 'x/y.png']);
});

test('SIGINT: exit 130, one line, nothing under the final name and nothing beside it', async () => {
  const cwd = tempFolder();
  for (const output of [[], ['-o', '-']]) {
    let onBody = () => {};
    const begun = new Promise<void>((resolve) => (onBody = resolve));
    const url = await slowServer(PICTURE, 60, () => onBody());
    const { child, result } = startCli(['fetch', 'a', '-s', url, ...output], { cwd, env: { TMPDIR: cwd } });
    await begun;
    child.kill('SIGINT');
    expect(await result).toMatchObject({ code: 130, stdout: '', stderr: 'sealift: interrupted\n' });
    expect(everythingIn(cwd).filter((path) => path !== 'downloads/')).toEqual([]);
  }
});

test('a reader that has gone does not stop a fetch half-way', async () => {
  const cwd = tempFolder();
  const url = await slowServer(PICTURE, 1);
  const { child } = startCli(['fetch', 'a', '--json', '-s', url], { cwd });
  child.stdout?.once('data', () => child.stdout?.destroy());
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(everythingIn(cwd)).toEqual(['downloads/', 'downloads/a']);
});

describe('trying again', () => {
  test('a server that is busy is asked again, and the file comes', async () => {
    const storage = tempFolder();
    const cwd = tempFolder();
    putFile(storage, 'a', PICTURE);
    const { url, port } = await localServer(storage, { limits: { maxConnections: 1 } });
    const first = await Wire.to(port);
    await first.ask({ op: 'ping' });
    const { child, result } = startCli(['fetch', 'a', '-s', url], { cwd });
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    first.socket.destroy();
    const { code, stderr } = await result;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^retrying a: .*; reconnecting \(1 of 5\)$/m);
  });

  test('--retries says how often; 0 is never', async () => {
    for (const retries of [0, 2]) {
      let connections = 0;
      const url = await maliciousServer(async (wire) => {
        connections++;
        await wire.header();
        wire.socket.destroy();
      });
      const { code, stderr } = await sealift(['info', 'a', '-s', url, '--retries', String(retries)]);
      expect(code).toBe(5);
      expect(stderr).toMatch(/^sealift: /);
      expect(connections).toBe(retries + 1);
    }
    const wrong = await sealift(['fetch', 'a', '--retries', 'many']);
    expect(wrong.code).toBe(2);
  });
});
