import { EventEmitter, once } from 'node:events';
import { linkSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type Sealift } from '#sealift/index.js';
import { type ChunkServer, chunkServer } from '../helpers/chunk-server.js';
import { CHUNK, everythingIn, md5, putFile, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { getReply } from '../helpers/wire.js';

const SIZE = 5 * CHUNK + 123;
const CONTENT = someBytes(SIZE, 7);

async function clientOf(url: string): Promise<Sealift> {
  const client = await connect(url, { timeout: 2_000, retries: 2, retryDelay: 1 });
  onTestFinished(() => client.close());
  return client;
}

/** A folder with the part file of a fetch that was interrupted when 2 chunks had come. */
async function interrupted(): Promise<{ downloads: string; part: string }> {
  const downloads = tempFolder();
  const server = await chunkServer(CONTENT, {
    body: (body, { op }) => (op === 'get' ? body.subarray(0, 2.5 * CHUNK) : body),
  });
  const client = await clientOf(server.url);
  const abort = new AbortController();
  const fetching = client.fetch('big', {
    dir: downloads,
    signal: abort.signal,
    onProgress: ({ bytes }) => {
      if (bytes > 2 * CHUNK) abort.abort();
    },
  });
  await expect(fetching).rejects.toMatchObject({ code: 'ABORTED' });
  const [part, ...more] = everythingIn(downloads) as [string];
  expect(more).toEqual([]);
  expect(part).toMatch(/^\.sealift-.*\.part$/);
  return { downloads, part: join(downloads, part) };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

/** For the byte at `at` of the file, wherever it comes. */
function damaged(bytes: Buffer, offset: unknown, at: number): Buffer {
  const place = at - Number(offset ?? 0);
  if (place >= 0 && place < bytes.length) bytes[place] = (bytes[place] as number) ^ 1;
  return bytes;
}

/** What was asked for: `offset+length`, or `whole`. */
function gets({ asked }: ChunkServer): string[] {
  return asked('get').map(({ offset, length }) => (offset === undefined ? 'whole' : `${offset}+${length}`));
}

function expectWhole(downloads: string, content = CONTENT): void {
  expect(everythingIn(downloads)).toEqual(['big']);
  expect(md5(readFileSync(join(downloads, 'big')))).toBe(md5(content));
}

describe('case 70: the file changed before a download is resumed', () => {
  test('case 70: it is begun again, and nothing of the old one is in it', async () => {
    const { downloads } = await interrupted();
    const [storage, other] = [tempFolder(), someBytes(SIZE, 8)];
    putFile(storage, 'big', other);
    const client = await clientOf((await localServer(storage)).url);
    const reasons: string[] = [];
    const done = await client.fetch('big', { dir: downloads, onRestart: (reason) => reasons.push(reason) });
    expect(done).toMatchObject({ status: 'done', resumedFrom: 0, md5: md5(other) });
    expect(reasons).toEqual(['it changed on the server meanwhile']);
    expectWhole(downloads, other);
  });

  test('case 70: each range is asked for by the MD5 of the file that it is of', async () => {
    const { downloads } = await interrupted();
    const server = await chunkServer(CONTENT);
    const done = await (await clientOf(server.url)).fetch('big', { dir: downloads });
    expect(done.resumedFrom).toBe(2 * CHUNK);
    expect(gets(server)).toEqual([`${2 * CHUNK}+${SIZE - 2 * CHUNK}`]);
    for (const { ifMd5 } of server.asked('get')) expect(ifMd5).toBe(md5(CONTENT));
    expectWhole(downloads);
  });
});

describe('case 71: a range is answered with something else', () => {
  const OTHERS: [string, (header: Record<string, unknown>) => Record<string, unknown>][] = [
    ['the whole file', (header) => ({ ...header, offset: 0, length: SIZE })],
    ['another offset', (header) => ({ ...header, offset: Number(header.offset) - 1 })],
    ['fewer bytes', (header) => ({ ...header, length: Number(header.length) - 1 })],
    ['another MD5', (header) => ({ ...header, md5: md5('other') })],
    ['another size', (header) => ({ ...header, size: SIZE + 1 })],
  ];
  test.each(OTHERS)('case 71: %s: nothing of it is taken', async (_what, other) => {
    const { downloads } = await interrupted();
    const server = await chunkServer(CONTENT, {
      header: (header, { op }) => (op === 'get' ? other(header) : header),
      body: (body, { op, offset, length }) => {
        if (op !== 'get') return body;
        const changed = other({ offset, length });
        const start = Number(changed.offset);
        return CONTENT.subarray(start, start + Number(changed.length));
      },
    });
    const fetching = (await clientOf(server.url)).fetch('big', { dir: downloads });
    await expect(fetching).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(everythingIn(downloads)).not.toContain('big');
  });
});

describe('case 72: what is there of a download is damaged', () => {
  test('case 72: the chunk is fetched again, and no other', async () => {
    const { downloads, part } = await interrupted();
    flip(part, 100);
    const server = await chunkServer(CONTENT);
    const done = await (await clientOf(server.url)).fetch('big', { dir: downloads });
    expect(done.resumedFrom).toBe(CHUNK);
    expect(gets(server).sort()).toEqual([`0+${CHUNK}`, `${2 * CHUNK}+${SIZE - 2 * CHUNK}`].sort());
    expectWhole(downloads);
  });

  test.each([
    ['cut within a chunk', (part: string) => truncateSync(part, CHUNK + 1)],
    ['longer than the file', (part: string) => truncateSync(part, SIZE + 10 * CHUNK)],
    ['other bytes all over', (part: string) => writeFileSync(part, someBytes(SIZE, 9))],
  ])('case 72: %s', async (_what, damage) => {
    const { downloads, part } = await interrupted();
    damage(part);
    const server = await chunkServer(CONTENT);
    expect(await (await clientOf(server.url)).fetch('big', { dir: downloads })).toMatchObject({
      status: 'done',
    });
    expectWhole(downloads);
  });

  test('case 72: a part file that has a second name is not written to', async () => {
    const [{ downloads, part }, elsewhere] = [await interrupted(), tempFolder()];
    const before = readFileSync(part);
    linkSync(part, join(elsewhere, 'precious'));
    const server = await chunkServer(CONTENT);
    await (await clientOf(server.url)).fetch('big', { dir: downloads });
    expect(gets(server)).toEqual(['whole']);
    expect(readFileSync(join(elsewhere, 'precious')).equals(before)).toBe(true);
    expectWhole(downloads);
  });
});

test('case 67: a part file that is being written is nobody else’s', async () => {
  const downloads = tempFolder();
  const [goOn, half] = [new EventEmitter(), new EventEmitter()];
  const isHalf = once(half, 'yes');
  const mayGoOn = once(goOn, 'yes');
  const slow = await chunkServer(CONTENT, {
    answer: async (wire, { op }) => {
      if (op !== 'get') return false;
      wire.send(getReply('big', CONTENT, md5(CONTENT)));
      wire.write(CONTENT.subarray(0, SIZE / 2));
      await mayGoOn;
      wire.write(CONTENT.subarray(SIZE / 2));
      return true;
    },
  });
  const first = (await clientOf(slow.url)).fetch('big', {
    dir: downloads,
    onProgress: ({ bytes }) => {
      if (bytes > 2 * CHUNK) half.emit('yes');
    },
  });
  await isHalf;
  const server = await chunkServer(CONTENT);
  expect(await (await clientOf(server.url)).fetch('big', { dir: downloads })).toMatchObject({
    resumedFrom: 0,
  });
  expect(gets(server)).toEqual(['whole']);
  goOn.emit('yes');
  expect(await first).toMatchObject({ status: 'done' });
  expectWhole(downloads);
});

test('case 78: part files are swept when they are a week old', async () => {
  const downloads = tempFolder();
  const abandoned = (random: string, days: number) => {
    const name = `.sealift-${'a'.repeat(16)}-${'0'.repeat(16)}-ffffffff-00000000-1-00000000-${random}.part`;
    const time = new Date(Date.now() - days * 86_400_000);
    utimesSync(putFile(downloads, name, 'x'), time, time);
    return name;
  };
  const [young, old] = [abandoned('00000001', 6), abandoned('00000002', 8)];
  const server = await chunkServer(CONTENT);
  await (await clientOf(server.url)).fetch('big', { dir: downloads });
  expect(everythingIn(downloads)).toEqual([young, 'big'].sort());
  expect(everythingIn(downloads)).not.toContain(old);
});

describe('case 53: chunks that come damaged', () => {
  test('case 53: once: it is fetched again, and no other', async () => {
    const downloads = tempFolder();
    const server = await chunkServer(CONTENT, {
      body: (body, { op, offset }, nth) =>
        op === 'get' && nth === 0 ? damaged(body, offset, 3 * CHUNK + 5) : body,
    });
    const repairs: unknown[] = [];
    await (await clientOf(server.url)).fetch('big', {
      dir: downloads,
      onRepair: (repair) => repairs.push(repair),
    });
    expect(gets(server)).toEqual(['whole', `${3 * CHUNK}+${CHUNK}`]);
    expect(repairs).toEqual([expect.objectContaining({ start: 3 * CHUNK + 5 })]);
    expectWhole(downloads);
  });

  test('case 53: every time: it is fetched three times more, and nothing is kept', async () => {
    const downloads = tempFolder();
    const server = await chunkServer(CONTENT, {
      body: (body, { op, offset }) => (op === 'get' ? damaged(body, offset, 3 * CHUNK + 5) : body),
    });
    const fetching = (await clientOf(server.url)).fetch('big', { dir: downloads });
    await expect(fetching).rejects.toMatchObject({ code: 'CORRUPT' });
    const chunk = `${3 * CHUNK}+${CHUNK}`;
    expect(gets(server)).toEqual(['whole', chunk, chunk, chunk]);
    expect(everythingIn(downloads)).toEqual([]);
  });

  test('case 53: nothing of it, nor behind it, comes out of a stream', async () => {
    const server = await chunkServer(CONTENT, {
      body: (body, { op, offset }) => (op === 'get' ? damaged(body, offset, 3 * CHUNK + 5) : body),
    });
    const stream = (await clientOf(server.url)).read('big');
    const pieces: Buffer[] = [];
    const reading = (async () => {
      for await (const piece of stream) pieces.push(piece);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(Buffer.concat(pieces).equals(CONTENT.subarray(0, 3 * CHUNK))).toBe(true);
  });
});
