import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect, type FetchOptions } from '#sealift/index.js';
import { type ChunkServer, chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, everythingIn, md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const BODY = someBytes(3 * CHUNK + 77, 60);
const WRONG_MD5 = md5('another file');

async function setUp(tricks: Tricks, content = BODY) {
  const server: ChunkServer = await chunkServer(content, tricks);
  const client = await connect(server.url, { retries: 1, retryDelay: 1, timeout: 5_000 });
  onTestFinished(() => client.close());
  const dir = tempFolder();
  const fetch = (options: FetchOptions = {}) =>
    client.fetch('a', { dir, fsync: false, digest: 'blake3', ...options });
  return { server, dir, fetch, there: () => readFileSync(join(dir, 'a')) };
}

/** A server whose MD5 is of another file, so that it shows what decides. */
const lies: Tricks['header'] = (header) => ({ ...header, md5: WRONG_MD5 });

test('the chunks of a file decide, and not its MD5', async () => {
  const { fetch, there } = await setUp({ header: lies });
  expect(await fetch()).toMatchObject({ status: 'done', md5: WRONG_MD5 });
  expect(there().equals(BODY)).toBe(true);
});

test.each([
  ['by default', {}],
  ['where a digest of the whole is expected', { digest: 'blake3', expect: `md5:${WRONG_MD5}` }],
] as const)('its MD5 decides %s', async (_, options) => {
  const { fetch, dir } = await setUp({ header: lies });
  await expect(fetch({ digest: 'md5', ...options })).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(everythingIn(dir)).toEqual([]);
});

test('and where the server knows no chunk digests, or there is one chunk', async () => {
  const withoutRoot = await setUp({ header: (header) => ({ ...header, md5: WRONG_MD5, root: undefined }) });
  await expect(withoutRoot.fetch()).rejects.toMatchObject({ code: 'CORRUPT' });
  const small = await setUp({ header: lies }, BODY.subarray(0, CHUNK));
  await expect(small.fetch()).rejects.toMatchObject({ code: 'CORRUPT' });
});

test('a damaged chunk comes again', async () => {
  const { fetch, there, server } = await setUp({
    body: (body, { op }, nth) => {
      if (op === 'get' && nth === 0) body[CHUNK + 5] = (body[CHUNK + 5] ?? 0) ^ 1;
      return body;
    },
  });
  await fetch();
  expect(there().equals(BODY)).toBe(true);
  expect(server.ranges()).toEqual([[1, 2]]);
});

test('chunk digests that are not those of the root: CORRUPT', async () => {
  const other = 'ab'.repeat(32);
  const { fetch, dir } = await setUp({
    header: (header) => ('root' in header ? { ...header, root: other } : header),
  });
  await expect(fetch()).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining('not those that the server announced'),
  });
  expect(everythingIn(dir)).toEqual([]);
});

test('a root that came damaged once is asked for again', async () => {
  const { fetch, there } = await setUp({
    header: (header, { op }) => (op === 'get' ? { ...header, root: 'ab'.repeat(32) } : header),
  });
  await fetch();
  expect(there().equals(BODY)).toBe(true);
});

test('what an earlier fetch left is of use', async () => {
  let isCut = false;
  const { fetch, there, server } = await setUp({
    answer: (wire, request, nth) => {
      if (request.op !== 'get' || nth > 0 || isCut) return false;
      isCut = true;
      wire.socket.destroy();
      return true;
    },
  });
  await fetch();
  expect(there().equals(BODY)).toBe(true);
  expect(server.asked('manifest').length).toBeGreaterThan(0);
});
