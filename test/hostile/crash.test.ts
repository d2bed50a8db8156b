import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, serve } from '#sealift/index.js';
import { complete, judgeKilled } from '../campaign/kill-judge.js';
import { AIMS, type Aim, type KillJob, killOnce } from '../campaign/kill-once.js';
import { leavePart } from '../campaign/left-part.js';
import { judgeRecord, withoutSync } from '../campaign/power-judge.js';
import { powerFetches, recordFetches } from '../campaign/power-records.js';
import { putSample, sha256 } from '../campaign/sample-bytes.js';
import { scratchFolder } from '../campaign/scratch-folder.js';
import { SeededRandom } from '../campaign/seeded-random.js';
import { startProxy } from '../fault/proxy.js';
import { bandwidth } from '../fault/toxics.js';
import { sealift } from '../helpers/cli.js';
import { CHUNK, everythingIn, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Wire } from '../helpers/wire.js';

const FETCHER = fileURLToPath(new URL('../campaign/kill-fetcher.js', import.meta.url));
const CONTENT = someBytes(4 * CHUNK + 12_345, 73);
const OLD = someBytes(300_000, 74);
const SEED = 7_377;

/** A server of `big.bin`, and a slow way to it. */
async function serveBig(rate = 40e6) {
  const storage = tempFolder();
  putFile(storage, 'big.bin', CONTENT);
  const { url, port } = await localServer(storage);
  const slow = await startProxy(port, [bandwidth({ rate })]);
  onTestFinished(() => slow.close());
  return { storage, url, slowUrl: slow.url };
}

function jobFor(url: string, dir: string, force: boolean): KillJob {
  const times = { transfer: (CONTENT.length / 40e6) * 1_000, events: CONTENT.length / 65_536 };
  return { url, name: 'big.bin', dir, force, fsync: true, withProgram: false, ...times };
}

async function fetchBig(url: string, dir: string, { force = false } = {}) {
  const client = await connect(url);
  try {
    return await client.fetch('big.bin', { dir, force });
  } finally {
    client.close();
  }
}

describe('case 73: SIGKILL', () => {
  const aims = Object.keys(AIMS) as Aim[];
  test.each(aims.map((aim, n) => ({ aim, force: n % 2 === 0 })))(
    'case 73: $aim, force $force',
    async ({ aim, force }) => {
      const { url, slowUrl } = await serveBig();
      const dir = tempFolder();
      if (force) putFile(dir, 'big.bin', OLD);
      const expected = { oldSha256: force ? sha256(OLD) : null, newSha256: sha256(CONTENT) };
      const job = jobFor(slowUrl, dir, force);
      await killOnce(job, { aim, share: 0.5, delay: 0 });
      expect(judgeKilled(job, expected)).toEqual([]);
      expect((await complete({ ...job, url }, expected)).wrong).toEqual([]);
    },
  );
});

describe('case 74: there is no upload', () => {
  test('case 74: whatever op would write is unsupported, and writes nothing', async () => {
    const storage = tempFolder();
    putFile(storage, 'a.txt', 'as it was');
    const { port } = await localServer(storage);
    const wire = await Wire.to(port);
    const ops = ['put', 'upload', 'write', 'append', 'patch', 'delete', 'remove', 'rename', 'mkdir', 'PUT'];
    for (const op of ops) {
      const reply = await wire.ask({ op, id: op, name: 'a.txt', to: 'b.txt', offset: 0, force: true });
      expect(reply).toMatchObject({ ok: false, id: op, code: 'UNSUPPORTED' });
      expect(await wire.ask({ op, id: op, name: 'new.txt' })).toMatchObject({ code: 'UNSUPPORTED' });
    }
    // What was sent as its content is not left over for the next request.
    wire.send({ op: 'put', id: 1, name: 'b.txt', length: 5 });
    wire.write('hello');
    expect(await wire.header()).toMatchObject({ ok: false, id: 1, code: 'UNSUPPORTED' });
    expect(await wire.ask({ op: 'ping', payload: 'alive' })).toMatchObject({ ok: true, payload: 'alive' });
    expect(readFileSync(join(storage, 'a.txt'), 'utf8')).toBe('as it was');
    expect(everythingIn(storage).filter((path) => !path.startsWith('.sealift'))).toEqual(['a.txt']);
  });
});

function tempFolderForAll(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealift-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const killed = tempFolderForAll();

/** Leaves the part file of a killed fetch, made once. */
beforeAll(async () => {
  const storage = tempFolderForAll();
  putFile(storage, 'big.bin', CONTENT);
  const server = await serve(storage, { port: 0 });
  await leavePart({ port: server.port, name: 'big.bin', dir: killed, share: 0.4 });
  server.abort();
  await server.close();
});

/** A folder with a part file of `big.bin` that nobody writes. */
function folderWithPart() {
  const dir = tempFolder();
  const [name = ''] = readdirSync(killed);
  cpSync(killed, dir, { recursive: true });
  return { dir, part: join(dir, name) };
}

describe('case 75: a part file is verified or discarded', () => {
  const wrongChunk = Buffer.from(CONTENT);
  wrongChunk.fill(0, CHUNK + 5, CHUNK + 10);
  const kinds: { title: string; bytes: Buffer; kept: number }[] = [
    { title: 'of other bytes', bytes: someBytes(3 * CHUNK, 75), kept: 0 },
    { title: 'of zeros', bytes: Buffer.alloc(3 * CHUNK), kept: 0 },
    { title: 'empty', bytes: Buffer.alloc(0), kept: 0 },
    { title: 'shorter than a chunk', bytes: CONTENT.subarray(0, CHUNK - 1), kept: 0 },
    { title: 'with a wrong byte in one chunk', bytes: wrongChunk.subarray(0, 3 * CHUNK), kept: 2 * CHUNK },
    { title: 'shifted by a byte', bytes: CONTENT.subarray(1, 3 * CHUNK), kept: 0 },
    { title: 'longer than the file', bytes: Buffer.concat([CONTENT, OLD]), kept: CONTENT.length },
    { title: 'longer, of other bytes', bytes: someBytes(6 * CHUNK, 76), kept: 0 },
    { title: 'complete', bytes: CONTENT, kept: CONTENT.length },
    { title: 'that ends in a chunk', bytes: CONTENT.subarray(0, 2 * CHUNK + 77), kept: 2 * CHUNK },
  ];

  test.each(kinds)('case 75: $title', async ({ bytes, kept }) => {
    const { url } = await serveBig();
    const { dir, part } = folderWithPart();
    writeFileSync(part, bytes);
    const { resumedFrom } = await fetchBig(url, dir);
    expect(readFileSync(join(dir, 'big.bin')).equals(CONTENT)).toBe(true);
    expect(resumedFrom).toBe(kept);
    expect(everythingIn(dir)).toEqual(['big.bin']);
  });

  test.each(['link', 'dangling link', 'hard link', 'folder', 'FIFO'])(
    'case 75: a %s of the name of a part file is not followed',
    async (kind) => {
      const { url } = await serveBig();
      const { dir, part } = folderWithPart();
      const victim = join(tempFolder(), 'victim');
      // New: an old one would be swept without a look at it.
      writeFileSync(victim, someBytes(3 * CHUNK, 77), { mode: 0o644 });
      const before = statSync(victim);
      rmSync(part);
      if (kind === 'link') symlinkSync(victim, part);
      else if (kind === 'dangling link') symlinkSync(`${victim}-new`, part);
      else if (kind === 'hard link') linkSync(victim, part);
      else if (kind === 'folder') mkdirSync(part);
      else execFileSync('mkfifo', [part]);
      const { resumedFrom } = await fetchBig(url, dir);
      expect(resumedFrom).toBe(0);
      expect(readFileSync(join(dir, 'big.bin')).equals(CONTENT)).toBe(true);
      expect(lstatSync(join(dir, 'big.bin')).isFile()).toBe(true);
      expect(readFileSync(victim).equals(someBytes(3 * CHUNK, 77))).toBe(true);
      expect(existsSync(`${victim}-new`)).toBe(false);
      expect(statSync(victim)).toMatchObject({ mode: before.mode, mtimeMs: before.mtimeMs, ino: before.ino });
      // What is no part file of ours is left alone.
      if (kind === 'link') expect(readlinkSync(part)).toBe(victim);
      if (kind === 'folder') expect(lstatSync(part).isDirectory()).toBe(true);
    },
  );
});

test('case 76: killed while it goes on, again and again, and then not', async () => {
  const { slowUrl, url } = await serveBig();
  const { dir } = folderWithPart();
  const expected = { oldSha256: null, newSha256: sha256(CONTENT) };
  const job = jobFor(slowUrl, dir, false);
  for (const aim of ['part appears', 'start', 'progress', 'all received'] as const) {
    await killOnce(job, { aim, share: 0.8, delay: 0 });
    expect(judgeKilled(job, expected)).toEqual([]);
  }
  const result = await sealift(['fetch', 'big.bin', '-s', url, '-d', dir]);
  expect(result).toMatchObject({ code: 0 });
  expect(readFileSync(join(dir, 'big.bin')).equals(CONTENT)).toBe(true);
  expect(everythingIn(dir)).toEqual(['big.bin']);
});

test('case 76: the part file of a fetch that was killed while it published is removed', async () => {
  const { url } = await serveBig();
  const { dir, part } = folderWithPart();
  // Two names of one file, as between link and unlink.
  writeFileSync(part, CONTENT);
  linkSync(part, join(dir, 'big.bin'));
  expect(await fetchBig(url, dir)).toMatchObject({ status: 'skipped' });
  expect(everythingIn(dir)).toEqual(['big.bin']);
});

test('case 76: a repair that was killed is made again, and leaves nothing', async () => {
  const { url } = await serveBig();
  const { dir, part } = folderWithPart();
  const rotten = Buffer.from(CONTENT);
  rotten.fill(0, 2 * CHUNK, 2 * CHUNK + 9);
  putFile(dir, 'big.bin', rotten);
  // What a repair leaves is such a copy.
  writeFileSync(part, rotten);
  const result = await sealift(['verify', '--repair', 'big.bin', '-s', url, '-d', dir]);
  expect(result).toMatchObject({ code: 0 });
  expect(readFileSync(join(dir, 'big.bin')).equals(CONTENT)).toBe(true);
  expect(everythingIn(dir)).toEqual(['big.bin']);
});

test(`case 77: the power goes; seed ${SEED}`, async () => {
  const scratch = scratchFolder();
  onTestFinished(() => scratch.remove());
  const fetches = powerFetches().filter(({ title }) => ['forced', 'sub-folders'].includes(title));
  const storage = tempFolder();
  for (const { name, content } of fetches) putSample(storage, name, content);
  const records = await recordFetches(fetches, await localServer(storage), scratch);
  expect(records).toHaveLength(2);
  for (const record of records) {
    expect(judgeRecord(record, new SeededRandom(SEED)).violations).toEqual([]);
    const found = (what: 'file' | 'folder') => {
      const weakened = { ...record, events: withoutSync(record.events, what) };
      return judgeRecord(weakened, new SeededRandom(SEED)).violations.join('\n');
    };
    expect(found('file')).toMatch(/the final name holds other bytes/);
    expect(found('folder')).toMatch(/success was reported, and (nothing|other bytes)/);
  }
});

/** A fetch of `big.bin` in a process of its own that is stopped in the middle: alive, and not moving. */
async function stoppedFetch(url: string, dir: string) {
  const child: ChildProcess = spawn(process.execPath, [FETCHER, url, 'big.bin', dir, '', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const { event, bytes } = JSON.parse(line);
    if (event !== 'progress' || bytes < 1.5 * CHUNK) continue;
    child.kill('SIGSTOP');
    break;
  }
  return {
    goOn: async () => {
      child.stdout?.resume();
      child.kill('SIGCONT');
      const [code] = await closed;
      return code as number | null;
    },
  };
}

describe('case 78: part files of the dead go, of the living stay', () => {
  test('case 78: one that is older than 7 days is swept, whatever it is a part of', async () => {
    const { url, storage } = await serveBig();
    putFile(storage, 'other.txt', 'hello');
    const { dir, part } = folderWithPart();
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
    const client = await connect(url);
    onTestFinished(() => client.close());
    utimesSync(part, daysAgo(6), daysAgo(6));
    await client.fetch('other.txt', { dir });
    expect(existsSync(part)).toBe(true);
    utimesSync(part, daysAgo(8), daysAgo(8));
    // A client reads a folder once.
    const another = await connect(url);
    onTestFinished(() => another.close());
    await another.fetch('other.txt', { dir });
    expect(everythingIn(dir)).toEqual(['other.txt']);
  });

  test.each([false, true])('case 78: a running fetch is left alone by another, force %s', async (force) => {
    const { url, slowUrl } = await serveBig(10e6);
    const dir = tempFolder();
    const { goOn } = await stoppedFetch(slowUrl, dir);
    const [part = ''] = readdirSync(dir);
    const before = lstatSync(join(dir, part));
    expect(before.size).toBeGreaterThanOrEqual(CHUNK);
    expect(await fetchBig(url, dir, { force })).toMatchObject({ status: 'done', resumedFrom: 0 });
    expect(everythingIn(dir)).toEqual([part, 'big.bin'].sort());
    expect(lstatSync(join(dir, part))).toMatchObject({ ino: before.ino, size: before.size });
    expect(await goOn()).toBe(0);
    expect(readFileSync(join(dir, 'big.bin')).equals(CONTENT)).toBe(true);
    expect(everythingIn(dir)).toEqual(['big.bin']);
  });
});
