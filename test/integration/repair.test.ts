import { chmodSync, linkSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startProxy } from '../fault/proxy.js';
import { flipBits, limitData, only, timeout, zero } from '../fault/toxics.js';
import { chunkServer } from '../helpers/chunk-server.js';
import { sealift, startCli } from '../helpers/cli.js';
import { CHUNK, everythingIn, putFile, rot, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const BODY = someBytes(4 * CHUNK + 777, 80);
const OVERHEAD = 5_000;

type Toxics = NonNullable<Parameters<typeof startProxy>[1]>;

function flipped(...places: number[]): Buffer {
  const bytes = Buffer.from(BODY);
  for (const at of places) bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

async function setUp(toxics: Toxics = []) {
  const [storage, downloads] = [tempFolder(), tempFolder()];
  putFile(storage, 'a', BODY);
  const server = await localServer(storage);
  const proxy = await startProxy(server.port, toxics);
  onTestFinished(() => proxy.close());
  const at = ['-s', proxy.url, '-d', downloads];
  return {
    storage,
    downloads,
    server,
    proxy,
    fetch: (...more: string[]) => sealift(['fetch', 'a', ...at, ...more]),
    repair: (...more: string[]) => sealift(['verify', 'a', '--repair', ...at, ...more]),
    startRepair: () => startCli(['verify', 'a', '--repair', ...at]),
    carried: () => proxy.connections.reduce((sum, { downstream }) => sum + downstream.sent, 0),
    there: () => readFileSync(join(downloads, 'a')),
  };
}

describe('damage on the way', () => {
  test('one bit, once: mended, said so, and only its chunk came again', async () => {
    const made = await setUp([flipBits({ at: 2 * CHUNK + 5_000, connections: only(1) })]);
    // So that the manifest is known when the file is asked for.
    await sealift(['info', 'a', '-s', made.server.url]);
    const { code, stderr } = await made.fetch();
    expect(made.proxy.hits).toHaveLength(1);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^repaired a {2}bytes \d+-\d+ came damaged \(1 flipped bit\), and right when fetched again\nverified a /,
    );
    expect(made.there().equals(BODY)).toBe(true);
    expect(everythingIn(made.downloads)).toEqual(['a']);
    expect(made.carried()).toBeLessThan(BODY.length + CHUNK + OVERHEAD);
    expect(made.carried()).toBeGreaterThan(BODY.length + CHUNK);
  });

  test('a range of zeros, of a file that was not hashed yet', async () => {
    const made = await setUp([zero({ at: CHUNK + 5_000, length: 4_096, connections: only(1) })]);
    const { code, stderr } = await made.fetch();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^repaired a .* came damaged \(zeros\)/);
    expect(made.there().equals(BODY)).toBe(true);
  });

  test('bytes that are cut out or put in: the right file, or none', async () => {
    const moved = {
      cut: (body: Buffer) =>
        Buffer.concat([body.subarray(0, 5_000), body.subarray(5_010), body.subarray(0, 10)]),
      inserted: (body: Buffer) =>
        Buffer.concat([body.subarray(0, 5_000), Buffer.alloc(10, 7), body.subarray(5_000, -10)]),
    };
    for (const move of Object.values(moved)) {
      const { url, sent } = await chunkServer(BODY, {
        body: (body, { defer }) => (defer ? move(body) : body),
      });
      const downloads = tempFolder();
      const { code, stderr } = await sealift(['fetch', 'a', '-s', url, '-d', downloads]);
      expect(code).toBe(0);
      expect(stderr.match(/^repaired /gm)?.length).toBeGreaterThan(0);
      expect(readFileSync(join(downloads, 'a')).equals(BODY)).toBe(true);
      expect(sent()).toBeLessThanOrEqual(2 * BODY.length);
    }
  });

  test('always at one place: exit 4, with the place and that the way did it; nothing is kept', async () => {
    const { url } = await chunkServer(BODY, {
      body: (body, { op, offset = 0 }) => {
        const at = CHUNK + 9 - Number(offset);
        if (op === 'get' && at >= 0 && at < body.length) body[at] = (body[at] ?? 0) ^ 1;
        return body;
      },
    });
    const downloads = tempFolder();
    const result = await sealift(['fetch', 'a', '-s', url, '-d', downloads]);
    expect(result).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).toMatch(
      /^REJECTED a: bytes 1048576-2097151 \(.*\) stay wrong, fetched 4 times; the server's own file is right: it was damaged on the way here; nothing was kept$/m,
    );
    expect(everythingIn(downloads)).toEqual([]);
  });

  test('rot on the server: exit 4, and its file is named', async () => {
    const made = await setUp();
    await sealift(['info', 'a', '-s', made.server.url]);
    rot(made.storage, 'a', flipped(2 * CHUNK + 7));
    const result = await made.fetch();
    expect(result).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).toMatch(/^REJECTED a: .*(the server's own file is damaged|changed|rot|damaged)/m);
    expect(result.stderr).not.toContain('on the way here');
    expect(everythingIn(made.downloads)).toEqual([]);
  });
});

describe('verify --repair', () => {
  test('only what is wrong comes, whatever is wrong', async () => {
    const made = await setUp();
    const local: Record<string, [bytes: Buffer, wrong: number]> = {
      flipped: [flipped(CHUNK + 3), 1],
      flippedTwice: [flipped(5, 4 * CHUNK + 5), 2],
      cut: [BODY.subarray(0, 3 * CHUNK + 9), 2],
      longer: [Buffer.concat([BODY, someBytes(2 * CHUNK)]), 0],
      unrelated: [someBytes(2 * CHUNK, 81), 5],
      empty: [Buffer.alloc(0), 5],
      right: [BODY, 0],
    };
    const names = Object.keys(local).sort();
    let chunks = 0;
    for (const [name, [bytes, wrong]] of Object.entries(local)) {
      putFile(made.storage, name, BODY);
      putFile(made.downloads, name, bytes);
      chunks += wrong;
    }
    const { code, stdout } = await sealift([
      'verify',
      '--repair',
      '-s',
      made.proxy.url,
      '-d',
      made.downloads,
    ]);
    expect(stdout).toBe(names.map((name) => `${name}: ${name === 'right' ? 'OK' : 'REPAIRED'}\n`).join(''));
    expect(code).toBe(0);
    expect(everythingIn(made.downloads)).toEqual(names);
    for (const name of names) {
      const path = join(made.downloads, name);
      expect(readFileSync(path).equals(BODY)).toBe(true);
      expect(Math.abs(statSync(path).mtimeMs - statSync(join(made.storage, name)).mtimeMs)).toBeLessThan(2);
    }
    expect(made.carried()).toBeLessThan(chunks * CHUNK + names.length * OVERHEAD);
  });

  test('what is right, or missing, is not touched', async () => {
    const made = await setUp();
    expect(await made.repair()).toMatchObject({ code: 4, stdout: 'a: MISSING\n' });
    const path = putFile(made.downloads, 'a', BODY);
    const { ino } = statSync(path);
    expect(await made.repair()).toMatchObject({ code: 0, stdout: 'a: OK\n' });
    expect(statSync(path).ino).toBe(ino);
  });

  test('a small file, and one that is small on the server only', async () => {
    const made = await setUp();
    putFile(made.storage, 'a', 'hello');
    for (const local of ['hallo', BODY]) {
      putFile(made.downloads, 'a', local);
      expect(await made.repair()).toMatchObject({ code: 0, stdout: 'a: REPAIRED\n' });
      expect(made.there().toString()).toBe('hello');
      expect(everythingIn(made.downloads)).toEqual(['a']);
    }
  });

  test('a symbolic link is not followed', async () => {
    const made = await setUp();
    const victim = putFile(tempFolder(), 'victim', 'precious');
    symlinkSync(victim, join(made.downloads, 'a'));
    const { code, stderr } = await made.repair();
    expect(code).toBe(7);
    expect(stderr).toContain('a: there is no local file to repair');
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(everythingIn(made.downloads)).toEqual(['a']);
  });

  test.runIf(process.getuid?.() !== 0)(
    'a folder that is read-only: exit 7, and the file as it was',
    async () => {
      const made = await setUp();
      const local = flipped(5);
      putFile(made.downloads, 'a', local);
      chmodSync(made.downloads, 0o555);
      onTestFinished(() => chmodSync(made.downloads, 0o755));
      const { code, stderr } = await made.repair();
      expect(code).toBe(7);
      expect(stderr).toContain('permission denied');
      expect(made.there().equals(local)).toBe(true);
    },
  );

  test('until the end the file is as it was, also when it is killed; the next one completes it', async () => {
    const made = await setUp([timeout({ after: 2 * CHUNK + 500_000, connections: only(1) })]);
    const local = someBytes(3 * CHUNK, 82);
    const path = putFile(made.downloads, 'a', local);
    const { ino, mtimeMs } = statSync(path);
    const { child, result } = made.startRepair();
    await made.proxy.happened('timeout');
    expect(statSync(path)).toMatchObject({ ino, mtimeMs, size: local.length });
    child.kill('SIGKILL');
    await result;
    expect(statSync(path)).toMatchObject({ ino, mtimeMs, size: local.length });
    expect(made.there().equals(local)).toBe(true);
    expect(await made.repair()).toMatchObject({ code: 0 });
    expect(made.there().equals(BODY)).toBe(true);
    expect(statSync(path).ino).not.toBe(ino);
    expect(everythingIn(made.downloads)).toEqual(['a']);
  });

  test('a connection that breaks: it goes on', async () => {
    const made = await setUp([limitData({ after: 2 * CHUNK + 500_000, connections: only(1) })]);
    putFile(made.downloads, 'a', someBytes(3 * CHUNK, 82));
    const { code, stderr } = await made.repair();
    expect(code).toBe(0);
    expect(stderr).toContain('reconnecting (1 of 5)');
    expect(made.there().equals(BODY)).toBe(true);
    expect(made.carried()).toBeLessThan(BODY.length + CHUNK + OVERHEAD);
  });

  test('the server’s file has rotted: FAILED, exit 4, and the local one is left alone', async () => {
    const made = await setUp();
    await sealift(['info', 'a', '-s', made.server.url]);
    rot(made.storage, 'a', flipped(9));
    const local = flipped(CHUNK + 9);
    putFile(made.downloads, 'a', local);
    const { code, stdout } = await made.repair();
    expect(code).toBe(4);
    expect(stdout).toBe('a: FAILED\n');
    expect(made.there().equals(local)).toBe(true);
    expect(everythingIn(made.downloads)).toEqual(['a']);
  });
});

test('a local file with a second name: the other name keeps its bytes', async () => {
  const made = await setUp();
  const path = putFile(made.downloads, 'a', flipped(5));
  linkSync(path, join(made.downloads, 'b'));
  expect((await made.repair()).code).toBe(0);
  expect(made.there().equals(BODY)).toBe(true);
  expect(readFileSync(join(made.downloads, 'b')).equals(flipped(5))).toBe(true);
});

describe('verify --repair leaves what is not its own as it is', () => {
  test('permissions', async () => {
    const made = await setUp();
    putFile(made.downloads, 'a', flipped(CHUNK + 5));
    chmodSync(join(made.downloads, 'a'), 0o440);
    expect(await made.repair()).toMatchObject({ code: 0, stdout: 'a: REPAIRED\n' });
    expect(statSync(join(made.downloads, 'a')).mode & 0o7777).toBe(0o440);
    expect(made.there().equals(BODY)).toBe(true);
  });

  test('what somebody puts there while it is repaired stays', async () => {
    const downloads = tempFolder();
    putFile(downloads, 'a', flipped(CHUNK + 5));
    const { url } = await chunkServer(BODY, {
      answer: (_wire, { op }) => {
        if (op === 'get') putFile(downloads, 'a', 'new work');
        return false;
      },
    });
    const { code, stderr } = await sealift(['verify', 'a', '--repair', '-s', url, '-d', downloads]);
    expect(code).toBe(7);
    expect(stderr).toContain('somebody changed it while it was repaired');
    expect(readFileSync(join(downloads, 'a'), 'utf8')).toBe('new work');
    expect(everythingIn(downloads)).toEqual(['a']);
  });
});
