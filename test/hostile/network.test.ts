import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  connect,
  type ErrorCode,
  type FetchedFile,
  type FetchOptions,
  SealiftError,
} from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import type { Direction, Toxic } from '../fault/toxics/toxic.js';
import {
  bandwidth,
  drop,
  duplicate,
  first,
  flipBits,
  latency,
  limitData,
  reorder,
  resetPeer,
  slicer,
  timeout,
} from '../fault/toxics.js';
import { sealift } from '../helpers/cli.js';
import { CHUNK, everythingIn, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

const SMALL = someBytes(300, 51);
const MEDIUM = someBytes(200_000, 52);
const LARGE = someBytes(2 * CHUNK + CHUNK / 2, 53);
const OLD = Buffer.from('what was here before');
const FILES: Record<string, Buffer> = { 'small.bin': SMALL, 'medium.bin': MEDIUM, 'large.bin': LARGE };
/** Short, for what waits until it is given up; only failures are judged by what happens then. */
const PATIENCE = { timeout: 300, retries: 1, retryDelay: 1 };
const PART = /(^|\/)\.sealift-[^/]*\.part$/;

async function servedFiles() {
  const folder = tempFolder();
  for (const [name, bytes] of Object.entries(FILES)) putFile(folder, name, bytes);
  const requests: string[] = [];
  const server = await localServer(folder, { onRequest: ({ op }) => requests.push(String(op)) });
  return { port: server.port, requests };
}

async function proxyTo(port: number, toxics: Toxic[]) {
  const proxy = await startProxy(port, toxics, { seed: 51 });
  onTestFinished(() => proxy.close());
  return proxy;
}

interface Outcome {
  fetched: FetchedFile | null;
  code: ErrorCode | null;
  dir: string;
}

/** Fetches through a connection with these faults; checks that the target is right, or as it was before. */
async function fetchThrough(
  url: string,
  name: string,
  { patience = {}, dir = tempFolder(), ...options }: FetchOptions & { patience?: object } = {},
): Promise<Outcome> {
  const before = existsSync(join(dir, name)) ? readFileSync(join(dir, name)) : null;
  let fetched: FetchedFile | null = null;
  let code: ErrorCode | null = null;
  try {
    const client = await connect(url, { ...PATIENCE, ...patience });
    try {
      fetched = await client.fetch(name, { dir, fsync: false, ...options });
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof SealiftError)) throw error;
    code = error.code;
  }
  const found = existsSync(join(dir, name)) ? readFileSync(join(dir, name)) : null;
  const right = fetched ? FILES[name] : before;
  expect(
    found === right || found?.equals(right ?? Buffer.alloc(0)),
    `${name} is neither right nor as before`,
  ).toBe(true);
  const others = everythingIn(dir).filter((path) => path !== name);
  // Success leaves the file alone; a failure at most what the next fetch can go on from.
  expect(others.filter((path) => fetched !== null || !PART.test(path))).toEqual([]);
  return { fetched, code, dir };
}

/** Bytes each way of an exchange without faults. */
async function lengthsOf(port: number, name: string): Promise<Record<Direction, number>> {
  const proxy = await proxyTo(port, []);
  expect((await fetchThrough(proxy.url, name)).code).toBeNull();
  expect(proxy.hits).toEqual([]);
  const sum = (direction: Direction) =>
    proxy.connections.reduce((all, link) => all + link[direction].sent, 0);
  return { upstream: sum('upstream'), downstream: sum('downstream') };
}

const BROKEN: (ErrorCode | null)[] = ['NETWORK', 'TIMEOUT'];
/** What damaged bytes may come to; damage to a request is the server's to refuse. */
const DAMAGED: (ErrorCode | null)[] = [
  'CORRUPT',
  'PROTOCOL',
  'BAD_REQUEST',
  'NO_SPACE',
  'UNSUPPORTED',
  ...BROKEN,
];

describe('case 51: a reset at every offset', () => {
  test.each(['downstream', 'upstream'] as const)(
    'case 51: %s, on each connection: an error, nothing there',
    async (direction) => {
      const { port } = await servedFiles();
      const lengths = await lengthsOf(port, 'small.bin');
      expect(lengths[direction]).toBeGreaterThan(20);
      const proxy = await proxyTo(port, []);
      for (let after = 0; after < lengths[direction]; after++) {
        proxy.replace([resetPeer({ after, direction })]);
        const { code, dir } = await fetchThrough(proxy.url, 'small.bin', { patience: { retries: 0 } });
        expect(code, `reset after ${after} bytes`).toBe('NETWORK');
        expect(everythingIn(dir)).toEqual([]);
      }
      expect(proxy.hits.length).toBeGreaterThanOrEqual(lengths[direction]);
    },
  );

  test('case 51: on the first connection only: the next try succeeds', async () => {
    const { port } = await servedFiles();
    const { downstream } = await lengthsOf(port, 'small.bin');
    for (let after = 0; after < downstream; after += 13) {
      const proxy = await proxyTo(port, [resetPeer({ after, connections: first(1) })]);
      const { code } = await fetchThrough(proxy.url, 'small.bin', { patience: { timeout: 30_000 } });
      expect(code, `reset after ${after} bytes`).toBeNull();
      expect(proxy.hits).toHaveLength(1);
      proxy.close();
    }
  });

  test('case 51: as the user sees it: exit 5, and an old file stays', async () => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, [resetPeer({ after: 100_000 })]);
    const dir = tempFolder();
    putFile(dir, 'medium.bin', OLD);
    const result = await sealift([
      'fetch',
      'medium.bin',
      '-s',
      proxy.url,
      '-d',
      dir,
      '--force',
      '--retries',
      '1',
    ]);
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/^failed +medium\.bin.*(reset|ended)/m);
    expect(readFileSync(join(dir, 'medium.bin')).equals(OLD)).toBe(true);
    expect(everythingIn(dir)).toEqual(['medium.bin']);
    expect(proxy.hits.length).toBeGreaterThan(0);
  });
});

describe('case 52: a segment is lost, comes twice, or comes late', () => {
  const segments = { drop, duplicate, reorder };
  const kinds = Object.keys(segments) as (keyof typeof segments)[];

  test.each(kinds)('case 52: %s, in each copy: an error, nothing there', async (kind) => {
    const { port } = await servedFiles();
    const { downstream } = await lengthsOf(port, 'medium.bin');
    const proxy = await proxyTo(port, []);
    // In the frame's length, in its JSON, across its end, at the start, in the middle and at the end of the body.
    for (const [at, length] of [
      [0, 2],
      [30, 17],
      [200, 200],
      [1_000, 1_460],
      [100_000, 5_000],
      [downstream - 60, 20],
    ]) {
      const segment = { length: Number(length), at: Number(at) };
      const toxics = Array.from({ length: 5 }, (_, k) =>
        segments[kind]({ ...segment, at: segment.at + k * downstream }),
      );
      proxy.replace(toxics);
      const { code } = await fetchThrough(proxy.url, 'medium.bin');
      expect(DAMAGED, `${kind} of ${length} bytes at ${at}`).toContain(code);
    }
    expect(proxy.hits.length).toBeGreaterThanOrEqual(6);
  });

  test.each(kinds)('case 52: %s, in the middle of a large file, once: mended', async (kind) => {
    const { port } = await servedFiles();
    const at = 1_500_000;
    const proxy = await proxyTo(port, [segments[kind]({ at, length: 1_460, connections: first(1) })]);
    const { fetched, code } = await fetchThrough(proxy.url, 'large.bin', {
      patience: { timeout: 1_000, retries: 5 },
    });
    expect(code).toBeNull();
    expect(fetched?.status).toBe('done');
    expect(proxy.hits).toHaveLength(1);
  });
});

describe('case 53: a bit is flipped', () => {
  test('case 53: in the length of the frame', async () => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, []);
    for (let bit = 0; bit < 32; bit++) {
      proxy.replace([flipBits({ at: 3 - Math.floor(bit / 8), bit: bit % 8 })]);
      const { code } = await fetchThrough(proxy.url, 'small.bin', { patience: { retries: 0 } });
      expect(DAMAGED, `bit ${bit}`).toContain(code);
    }
    expect(proxy.hits).toHaveLength(32);
  });

  test.each(['name', 'size', 'md5', 'offset', 'length'])('case 53: in the JSON, in %j', async (field) => {
    const { port } = await servedFiles();
    const header = JSON.stringify({ op: 'get', name: 'small.bin' });
    const proxy = await proxyTo(port, []);
    const at = (await replyTo(port, header)).indexOf(`"${field}"`);
    expect(at).toBeGreaterThan(0);
    // The quotes, the name of the field, the colon and the first of its value.
    for (let offset = at; offset < at + field.length + 5; offset++) {
      for (let bit = 0; bit < 8; bit += 3) {
        proxy.replace([flipBits({ at: offset, bit })]);
        const { code } = await fetchThrough(proxy.url, 'small.bin', { patience: { retries: 0 } });
        // A wrong MD5 has the file fetched again, and this time both are right.
        expect(field === 'md5' ? [...DAMAGED, null] : DAMAGED, `bit ${bit} at ${offset}`).toContain(code);
      }
    }
    expect(proxy.hits.length).toBeGreaterThan(20);
  });

  test('case 53: in the body, in each copy: as the user sees it', async () => {
    const { port } = await servedFiles();
    const everywhere = Array.from({ length: 30 }, (_, k) => 50_000 + k * 100_000);
    const proxy = await proxyTo(port, [flipBits({ at: everywhere })]);
    const dir = tempFolder();
    const result = await sealift(['fetch', 'medium.bin', '-s', proxy.url, '-d', dir]);
    expect(result.code).toBe(4);
    expect(result.stderr).toMatch(/^REJECTED medium\.bin: .*damaged on the way/m);
    expect(everythingIn(dir)).toEqual([]);
  });

  test.each(['medium.bin', 'large.bin'])('case 53: in the body of %s, once: mended', async (name) => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, [flipBits({ at: 150_000 })]);
    const { fetched } = await fetchThrough(proxy.url, name, { patience: { timeout: 30_000 } });
    expect(fetched?.status).toBe('done');
    expect(proxy.hits.length).toBeGreaterThan(0);
  });

  test('case 53: in the request: refused, or the client sees that it is not what it asked for', async () => {
    const { port } = await servedFiles();
    const { upstream } = await lengthsOf(port, 'small.bin');
    const proxy = await proxyTo(port, []);
    for (let at = 4; at < upstream; at++) {
      proxy.replace([flipBits({ at, direction: 'upstream' })]);
      // A field that is unknown then is ignored, and what was asked for without it may come.
      await fetchThrough(proxy.url, 'small.bin', { patience: { retries: 0 } });
    }
    expect(proxy.hits).toHaveLength(upstream - 4);
    proxy.replace([]);
    expect((await fetchThrough(proxy.url, 'small.bin')).code).toBeNull();
  });
});

/** The header of the reply as it is sent, its length in front. */
async function replyTo(port: number, request: string): Promise<Buffer> {
  const { frame, Wire } = await import('../helpers/wire.js');
  const wire = await Wire.to(port);
  wire.write(frame(request));
  const length = await wire.bytes(4);
  return Buffer.concat([length, await wire.bytes(length.readUInt32BE())]);
}

describe('case 54: slow is not broken', () => {
  const slow: [string, string, Toxic[]][] = [
    [
      'latency and jitter',
      'large.bin',
      [latency({ delay: 60, jitter: 50 }), latency({ delay: 60, jitter: 50, direction: 'upstream' })],
    ],
    ['8 kB/s', 'slow.bin', [bandwidth({ rate: 8_000 })]],
    ['slices of one byte', 'slow.bin', [slicer({ size: 1 }), slicer({ size: 1, direction: 'upstream' })]],
  ];

  test.each(slow)('case 54: %s', async (_, name, toxics) => {
    const bytes = FILES[name] ?? someBytes(12_000, 54);
    const folder = tempFolder();
    putFile(folder, name, bytes);
    const proxy = await proxyTo((await localServer(folder)).port, toxics);
    const dir = tempFolder();
    const result = await sealift(['fetch', name, '-s', proxy.url, '-d', dir, '--retries', '0']);
    expect(result).toMatchObject({ code: 0 });
    expect(readFileSync(join(dir, name)).equals(bytes)).toBe(true);
    expect(new Set(proxy.hits.map(({ kind }) => kind))).toEqual(new Set(toxics.map(({ kind }) => kind)));
  });
});

describe('case 55: the peer vanishes', () => {
  test.each([
    ['before the answer', 0],
    ['within the header', 50],
    ['within the body', 100_000],
  ])('case 55: %s: exit 5', async (_, after) => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, [timeout({ after, bothWays: true })]);
    const dir = tempFolder();
    const args = ['fetch', 'medium.bin', '-s', proxy.url, '-d', dir, '--timeout', '400ms', '--retries', '1'];
    const result = await sealift(args);
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/^failed +medium\.bin: .*no progress for 0\.4 s/m);
    expect(everythingIn(dir)).toEqual([]);
    expect(proxy.hits).toHaveLength(2);
  });

  test('case 55: within a large file: what has come is gone on from', async () => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, [timeout({ after: CHUNK + 500_000, bothWays: true })]);
    const broken = await fetchThrough(proxy.url, 'large.bin', { patience: { retries: 0 } });
    expect(broken.code).toBe('TIMEOUT');
    proxy.replace([]);
    const { fetched } = await fetchThrough(proxy.url, 'large.bin', {
      dir: broken.dir,
      patience: { timeout: 30_000 },
    });
    expect(fetched).toMatchObject({ status: 'done', resumedFrom: CHUNK });
  });
});

describe('case 56: the answer is lost, and the client cannot know what happened', () => {
  test('case 56: the same again has the same effect as once', async () => {
    const { port, requests } = await servedFiles();
    const lost = timeout({ after: 0, connections: first(1) });
    const proxy = await proxyTo(port, [lost]);
    const unsure = await fetchThrough(proxy.url, 'small.bin', { patience: { retries: 0 } });
    expect(unsure.code).toBe('TIMEOUT');
    // The server had answered.
    await expect.poll(() => requests.length).toBe(1);
    const { dir } = unsure;
    const again = await fetchThrough(proxy.url, 'small.bin', { dir, patience: { timeout: 30_000 } });
    expect(again.fetched?.status).toBe('done');
    const onceMore = await fetchThrough(proxy.url, 'small.bin', { dir, patience: { timeout: 30_000 } });
    expect(onceMore.fetched?.status).toBe('skipped');
    expect(everythingIn(dir)).toEqual(['small.bin']);
  });

  test('case 56: the client itself asks again', async () => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, [timeout({ after: 0, connections: first(1) })]);
    const { fetched } = await fetchThrough(proxy.url, 'small.bin', { patience: { timeout: 1_000 } });
    expect(fetched?.status).toBe('done');
    expect(proxy.connections).toHaveLength(2);
  });

  test('case 56: cut cleanly instead of swallowed, it is the same', async () => {
    const { port } = await servedFiles();
    const proxy = await proxyTo(port, [limitData({ after: 100, connections: first(1) })]);
    const { fetched } = await fetchThrough(proxy.url, 'small.bin', { patience: { timeout: 30_000 } });
    expect(fetched?.status).toBe('done');
    expect(proxy.hits).toHaveLength(1);
  });
});
