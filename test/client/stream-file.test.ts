import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type StreamOptions } from '#sealift/index.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, digestsOf, md5, someBytes } from '../helpers/files.js';

const BODY = someBytes(4 * CHUNK + 777, 60);
const OTHER = someBytes(4 * CHUNK + 777, 61);

type Json = Record<string, unknown>;

async function setUp(tricks: Tricks = {}, content = BODY) {
  const server = await chunkServer(content, tricks);
  const client = await connect(server.url, { retries: 2, retryDelay: 1, timeout: 5_000 });
  onTestFinished(() => client.close());
  const chunks: Buffer[] = [];
  const told: string[] = [];
  const progress: number[] = [];
  const stream = (options: Partial<StreamOptions> = {}) =>
    client.stream('a', {
      onChunk: (chunk) => void chunks.push(chunk),
      onRepair: ({ start, end, damage }) => told.push(`repair ${start}-${end} ${damage}`),
      onRetry: ({ error }) => told.push(`retry ${error.code}`),
      onProgress: ({ bytes, size }) => {
        expect(bytes).toBeLessThanOrEqual(size);
        progress.push(bytes);
      },
      ...options,
    });
  return { server, client, stream, told, progress, chunks, received: () => Buffer.concat(chunks) };
}

/** Flips a bit at `at` in the file in the bodies of ranges for which `isNow` says so. */
function flipAt(at: number, isNow: (times: number) => boolean = () => true): Tricks {
  let times = 0;
  return {
    body: (body, { op, ifMd5, offset = 0 }) => {
      const place = at - Number(offset);
      const isThere = op === 'get' && ifMd5 !== undefined && place >= 0 && place < body.length;
      if (isThere && isNow(times++)) body[place] = (body[place] ?? 0) ^ 2;
      return body;
    },
  };
}

test.each([0, 1, CHUNK, CHUNK + 1, BODY.length])('%d bytes, chunk by chunk', async (size) => {
  const content = BODY.subarray(0, size);
  const { stream, received, chunks, progress } = await setUp({}, content);
  expect(await stream()).toEqual({ size, md5: md5(content) });
  expect(received().equals(content)).toBe(true);
  for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBe(CHUNK);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

describe('damage', () => {
  test('that heals: mended, and only its chunk asked for again', async () => {
    const { stream, received, told, server } = await setUp(flipAt(2 * CHUNK + 9, (times) => times === 0));
    await stream();
    expect(received().equals(BODY)).toBe(true);
    expect(told).toEqual([`repair ${2 * CHUNK + 9}-${2 * CHUNK + 10} 1 flipped bit`]);
    expect(server.ranges()).toEqual([
      [0, 5],
      [2, 3],
      [3, 5],
    ]);
  });

  test('that stays: exactly what is before its chunk, and CORRUPT', async () => {
    const { stream, received, server } = await setUp(flipAt(2 * CHUNK + 9));
    await expect(stream()).rejects.toMatchObject({
      code: 'CORRUPT',
      message:
        "a: bytes 2097152-3145727 stay wrong, fetched 4 times; the server's own file is right: it was damaged on the way here; nothing from byte 2097152 on was handed over",
    });
    expect(received().equals(BODY.subarray(0, 2 * CHUNK))).toBe(true);
    expect(server.ranges()).toHaveLength(4);
  });

  test('of a file of one chunk: once, and always', async () => {
    const small = BODY.subarray(0, 1_000);
    let bad = 1;
    const tricks: Tricks = {
      body: (body, { op }) => {
        if (op === 'get' && bad-- > 0) body[9] = (body[9] ?? 0) ^ 2;
        return body;
      },
    };
    const once = await setUp(tricks, small);
    await once.stream();
    expect(once.received().equals(small)).toBe(true);
    bad = 99;
    const always = await setUp(tricks, small);
    await expect(always.stream()).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(always.received()).toHaveLength(0);
    expect(always.server.asked('get')).toHaveLength(4);
  });

  test('of the manifest: asked for again', async () => {
    let flips = 0;
    const { stream, received } = await setUp({
      body: (body, { op }) => {
        if (op === 'manifest' && flips++ === 0) body[3 * 32] = (body[3 * 32] ?? 0) ^ 1;
        return body;
      },
    });
    await stream();
    expect(received().equals(BODY)).toBe(true);
    expect(flips).toBe(2);
  });

  test('chunk digests that are not those of the MD5 are told at the end', async () => {
    const { manifest } = digestsOf(OTHER);
    const { stream } = await setUp({
      body: (body, { op, ifMd5, offset = 0 }) => {
        if (op === 'manifest') return manifest;
        const start = Number(offset);
        return op === 'get' && ifMd5 ? OTHER.subarray(start, start + body.length) : body;
      },
    });
    await expect(stream()).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('MD5'),
    });
  });
});

describe('a broken connection', () => {
  test('goes on behind what was handed over', async () => {
    let cuts = 0;
    const { stream, received, told, server } = await setUp({
      answer: (wire, { op, ifMd5, offset, length }) => {
        if (op !== 'get' || ifMd5 === undefined || cuts++ > 0) return false;
        wire.send({
          ok: true,
          name: 'a',
          type: 'x/y',
          size: BODY.length,
          md5: ifMd5,
          mtime: 0,
          offset,
          length,
        });
        wire.socket.end(BODY.subarray(0, 2 * CHUNK + 100));
        return true;
      },
    });
    await stream();
    expect(received().equals(BODY)).toBe(true);
    expect(told).toEqual(['retry NETWORK']);
    expect(server.ranges()).toEqual([
      [0, 5],
      [2, 5],
    ]);
  });

  test('before the manifest', async () => {
    let cuts = 0;
    const { stream, received } = await setUp({
      answer: (wire, { op }) => {
        if (op !== 'manifest' || cuts++ > 1) return false;
        wire.socket.destroy();
        return true;
      },
    });
    await stream();
    expect(received().equals(BODY)).toBe(true);
  });

  test('for good: NETWORK, after as many tries without progress as are allowed', async () => {
    const { stream, told } = await setUp({
      answer: (wire, { ifMd5 }) => {
        if (ifMd5 !== undefined) wire.socket.destroy();
        return ifMd5 !== undefined;
      },
    });
    await expect(stream()).rejects.toMatchObject({ code: 'NETWORK' });
    expect(told).toEqual(['retry NETWORK', 'retry NETWORK']);
  });
});

test('a file that changes on the way cannot be taken back: CHANGED, and a prefix', async () => {
  const made = await setUp({
    answer: (wire, { ifMd5, offset, length }) => {
      if (ifMd5 !== md5(BODY) || Number(offset) > 0) return false;
      wire.send({
        ok: true,
        name: 'a',
        type: 'x/y',
        size: BODY.length,
        md5: ifMd5,
        mtime: 0,
        offset,
        length,
      });
      made.server.serve(OTHER);
      wire.socket.end(BODY.subarray(0, CHUNK + 5));
      return true;
    },
  });
  await expect(made.stream()).rejects.toMatchObject({ code: 'CHANGED' });
  expect(made.received().equals(BODY.subarray(0, CHUNK))).toBe(true);
});

describe('what is expected', () => {
  test('another MD5 is refused before the first byte', async () => {
    for (const content of [BODY, BODY.subarray(0, 10)]) {
      const { stream, received } = await setUp({}, content);
      await expect(stream({ expect: `md5:${md5('other')}` })).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(received()).toHaveLength(0);
      expect(await stream({ expect: `md5:${md5(content)}` })).toMatchObject({ md5: md5(content) });
    }
  });

  test('another algorithm cannot be known before the end', async () => {
    const { stream } = await setUp();
    await expect(stream({ expect: `sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

test('what a reader throws ends it', async () => {
  const { stream, server } = await setUp();
  await expect(
    stream({
      onChunk: () => {
        throw new Error('enough');
      },
    }),
  ).rejects.toThrow('enough');
  expect(server.ranges()).toHaveLength(1);
});

test('a range of another file, or another range, is never handed over', async () => {
  for (const wrong of [{ offset: CHUNK }, { md5: md5('x') }, { size: 5 }, { name: 'b' }] as Json[]) {
    const { stream, received } = await setUp({
      header: (header, { ifMd5 }) => (ifMd5 === undefined ? header : { ...header, ...wrong }),
    });
    await expect(stream()).rejects.toMatchObject({ code: 'PROTOCOL' });
    expect(received()).toHaveLength(0);
  }
});
