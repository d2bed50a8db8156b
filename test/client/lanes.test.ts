import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { connect, type FetchOptions } from '#sealift/index.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, everythingIn, md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const SEED = 20_261_121;
const BODY = someBytes(40 * CHUNK + 77, 61);

async function setUp(tricks: Tricks = {}, content = BODY) {
  const server = await chunkServer(content, tricks);
  const client = await connect(server.url, { retries: 3, retryDelay: 1, timeout: 10_000 });
  onTestFinished(() => client.close());
  const dir = tempFolder();
  const progress: number[] = [];
  const fetch = (options: FetchOptions = {}) =>
    client.fetch('a', {
      dir,
      fsync: false,
      connections: 8,
      onProgress: ({ bytes }) => progress.push(bytes),
      ...options,
    });
  return { server, client, dir, fetch, progress, there: () => readFileSync(join(dir, 'a')) };
}

test('parts of one file come over several connections; each byte once, but for what was under way', async () => {
  const { fetch, there, server, progress } = await setUp();
  expect(await fetch()).toMatchObject({ status: 'done', size: BODY.length, md5: md5(BODY) });
  expect(there().equals(BODY)).toBe(true);
  const ranges = server.ranges().sort(([a], [b]) => a - b);
  expect(ranges.length).toBeGreaterThan(7);
  // One after the other, without a gap and without a chunk twice, from where the first connection left off.
  for (const [at, [first]] of ranges.entries()) if (at > 0) expect(first).toBe(ranges[at - 1]?.[1]);
  expect(ranges.at(-1)?.[1]).toBe(41);
  expect(progress.at(-1)).toBe(BODY.length);
});

test('with the chunks deciding as well', async () => {
  const { fetch, there } = await setUp();
  await fetch({ digest: 'blake3' });
  expect(there().equals(BODY)).toBe(true);
});

test('one connection, and a file that is not worth more, are asked for all at once', async () => {
  const one = await setUp();
  await one.fetch({ connections: 1 });
  expect(one.server.ranges()).toEqual([]);
  const small = await setUp({}, BODY.subarray(0, 10 * CHUNK));
  await small.fetch();
  expect(small.server.ranges()).toEqual([]);
});

test('a file that has no MD5 yet comes over one connection', async () => {
  const { fetch, there, server } = await setUp({
    answer: (wire, { op, defer }) => {
      if (op !== 'get' || defer !== true) return false;
      const facts = {
        ok: true,
        name: 'a',
        type: 'x/y',
        size: BODY.length,
        md5: null,
        deferred: true,
        mtime: 0,
      };
      wire.send({ ...facts, offset: 0, length: BODY.length });
      wire.write(BODY);
      wire.send({ ok: true, md5: md5(BODY) });
      return true;
    },
  });
  await fetch();
  expect(there().equals(BODY)).toBe(true);
  expect(server.ranges()).toEqual([]);
});

test('a server that takes no more connections is no failure', async () => {
  const { fetch, there } = await setUp({
    answer: (wire, { op, ifMd5 }, nth) => {
      if (op !== 'get' || ifMd5 === undefined || nth > 5) return false;
      wire.send({ ok: false, code: 'BUSY', message: 'too many connections' });
      return true;
    },
  });
  await fetch();
  expect(there().equals(BODY)).toBe(true);
});

test('a file that changes meanwhile is begun anew, and is the other one', async () => {
  const other = someBytes(30 * CHUNK + 5, 62);
  const made = await setUp({
    header: (header, { op }, nth) => {
      if (op === 'get' && nth === 6) made.server.serve(other);
      return header;
    },
  });
  let restarts = 0;
  expect(await made.fetch({ onRestart: () => restarts++ })).toMatchObject({ md5: md5(other) });
  expect(restarts).toBeGreaterThan(0);
  expect(made.there().equals(other)).toBe(true);
});

test('a failure of one connection that is final ends them all, and leaves nothing', async () => {
  const { fetch, dir } = await setUp({
    answer: (wire, { op, ifMd5 }, nth) => {
      if (op !== 'get') return false;
      if (ifMd5 === undefined) {
        // The first one has nothing more to say.
        const facts = { name: 'a', type: 'x/y', size: BODY.length, md5: md5(BODY), mtime: 0 };
        wire.send({ ok: true, ...facts, offset: 0, length: BODY.length });
        wire.write(BODY.subarray(0, 2 * CHUNK));
        return true;
      }
      if (nth < 5) return false;
      wire.send({ ok: false, code: 'CORRUPT', message: 'a: rotten' });
      return true;
    },
  });
  await expect(fetch()).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(everythingIn(dir)).toEqual([]);
});

test('aborting ends them all, and keeps what came', async () => {
  const { fetch, dir } = await setUp();
  const abort = new AbortController();
  const onProgress = ({ bytes }: { bytes: number }) => bytes > 20 * CHUNK && abort.abort();
  await expect(fetch({ signal: abort.signal, onProgress })).rejects.toMatchObject({ code: 'ABORTED' });
  expect(everythingIn(dir)).toHaveLength(1);
});

test(`damage and broken connections anywhere: the file, or nothing (seed ${SEED})`, async () => {
  const trouble = fc.record({
    nth: fc.integer({ min: 0, max: 25 }),
    kind: fc.constantFrom('flip', 'cut', 'reset'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 6 }), async (troubles) => {
      let gets = 0;
      const { fetch, there, client } = await setUp({
        body: (body, { op }) => {
          if (op !== 'get') return body;
          const nth = gets++;
          const flip = troubles.find((one) => one.kind === 'flip' && one.nth === nth);
          const at = Math.floor((flip?.at ?? 0) * (body.length - 1));
          if (flip && body.length > 0) body[at] = (body[at] ?? 0) ^ 1;
          return body;
        },
        answer: (wire, { op }, nth) => {
          const hit = troubles.find((one) => one.kind !== 'flip' && one.nth === nth);
          if (op !== 'get' || !hit) return false;
          if (hit.kind === 'cut') wire.socket.end();
          else wire.socket.resetAndDestroy();
          return true;
        },
      });
      await fetch();
      expect(there().equals(BODY)).toBe(true);
      client.close();
    }),
    { seed: SEED, numRuns: 25 },
  );
});
