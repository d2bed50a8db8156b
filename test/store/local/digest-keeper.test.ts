import { type EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { HashPool } from '#sealift/digest/index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { DigestKeeper } from '#sealift/store/local/digest-keeper.js';
import { identityOf } from '#sealift/store/local/file-identity.js';
import type { OpenedFile } from '#sealift/store/local/served-root.js';
import { digestsOf, md5, putFile, putSparse } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

/** `dd if=/dev/zero bs=1M count=64 | md5sum` */
const [SIZE, MD5_OF_ZEROS] = [64 << 20, '7f614da9329cd3aebf59b91aadc30bf0'];
/** So much that no machine hashes it while a test runs. */
const ENDLESS = 2 ** 42;

async function hashingOf(size: number) {
  const path = putSparse(tempFolder(), 'big', size);
  const pool = new HashPool(2);
  onTestFinished(() => pool.close());
  const keeper = new DigestKeeper(new MemoryIndex(), pool);
  const opened: OpenedFile[] = [];
  const reopen = async () => {
    const handle = await open(path);
    const one = { handle, stats: await handle.stat({ bigint: true }) };
    opened.push(one);
    return one;
  };
  const first = await reopen();
  await first.handle.close();
  opened.length = 0;
  const identity = identityOf(first.stats);
  const hash = async (options = {}) => (await keeper.hash('big', identity, reopen, options)).md5;
  return { hash, opened, keeper, identity };
}

test('a hundred callers share one hashing, and each gets the digest', async () => {
  const { hash, opened, keeper, identity } = await hashingOf(SIZE);
  const digests = await Promise.all(Array.from({ length: 100 }, () => hash()));
  expect(new Set(digests)).toEqual(new Set([MD5_OF_ZEROS]));
  expect(opened).toHaveLength(1);
  expect(opened[0]?.handle.fd).toBe(-1);
  expect(keeper.known('big', identity)?.md5).toBe(MD5_OF_ZEROS);
});

test('a hashing goes on while one caller is left, and ends with the last', async () => {
  const { hash, opened } = await hashingOf(ENDLESS);
  const callers = [new AbortController(), new AbortController(), new AbortController()];
  let progress = () => ({ done: 0, size: 0 });
  const results = callers.map(({ signal }) =>
    hash({ signal, onHashing: (p: typeof progress) => (progress = p) }),
  );
  while (progress().done === 0) await new Promise((resolve) => setImmediate(resolve));
  const handle = opened[0]?.handle;
  if (handle === undefined) throw new Error('not opened');
  for (const [at, caller] of callers.entries()) {
    const before = progress().done;
    expect(handle.fd).toBeGreaterThan(0);
    const closed = once(handle as unknown as EventEmitter, 'close');
    caller.abort();
    await expect(results[at]).rejects.toMatchObject({ code: 'ABORTED' });
    if (at === callers.length - 1) await closed;
    else while (progress().done <= before) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(handle.fd).toBe(-1);
  expect(opened).toHaveLength(1);
});

test('who comes after the last has left starts anew', async () => {
  const { hash, opened } = await hashingOf(SIZE);
  const leaver = new AbortController();
  const left = hash({ signal: leaver.signal });
  leaver.abort();
  await expect(left).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await hash()).toBe(MD5_OF_ZEROS);
  expect(opened).toHaveLength(2);
});

test('a caller that has left before it came', async () => {
  const { hash } = await hashingOf(ENDLESS);
  await expect(hash({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
});

test('who is in doubt waits as long as others do, and is BUSY then', async () => {
  const { hash, opened } = await hashingOf(ENDLESS);
  const [doubt, earlyDoubt, leaver] = [new AbortController(), AbortSignal.abort(), new AbortController()];
  let progress = () => ({ done: 0, size: 0 });
  const firm = hash({ signal: leaver.signal, onHashing: (p: typeof progress) => (progress = p) });
  const doubtful = [hash({ unlessShared: doubt.signal }), hash({ unlessShared: earlyDoubt })];
  const outcomes = doubtful.map((one) =>
    one.catch((error: { code?: string }) => {
      expect(leaver.signal.aborted).toBe(true);
      return error.code;
    }),
  );
  doubt.abort();
  while (progress().done === 0) await new Promise((resolve) => setImmediate(resolve));
  leaver.abort();
  await expect(firm).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await Promise.all(outcomes)).toEqual(['BUSY', 'BUSY']);
  expect(opened).toHaveLength(1);
});

test('who is in doubt alone ends the hashing, be it before it came', async () => {
  const { hash, opened } = await hashingOf(ENDLESS);
  await expect(hash({ unlessShared: AbortSignal.abort() })).rejects.toMatchObject({ code: 'BUSY' });
  const doubt = new AbortController();
  const waiting = hash({ unlessShared: doubt.signal, onHashing: () => setImmediate(() => doubt.abort()) });
  await expect(waiting).rejects.toMatchObject({ code: 'BUSY' });
  while (opened.some(({ handle }) => handle.fd >= 0)) await new Promise((resolve) => setImmediate(resolve));
});

/** A small file to hash, and what is asked of its descriptor in between. */
async function smallHashing(): Promise<{ path: string; hash: (reopened: OpenedFile) => Promise<unknown> }> {
  const path = putFile(tempFolder(), 'small', 'hello');
  const { handle, stats } = await opened(path);
  await handle.close();
  const { keeper } = await hashingOf(0);
  return { path, hash: (reopened) => keeper.hash('small', identityOf(stats), async () => reopened) };
}

async function opened(path: string): Promise<OpenedFile> {
  const handle = await open(path);
  return { handle, stats: await handle.stat({ bigint: true }) };
}

test('a file that was replaced before it is hashed is CHANGED', async () => {
  const { path, hash } = await smallHashing();
  expect(await hash(await opened(path))).toMatchObject({ md5: md5('hello') });
  const other = await opened(putFile(tempFolder(), 'small', 'HELLO'));
  await expect(hash(other)).rejects.toMatchObject({ code: 'CHANGED' });
});

test('a file that is written to while it is hashed is CHANGED', async () => {
  const { path, hash } = await smallHashing();
  const { handle, stats } = await opened(path);
  const look = handle.stat.bind(handle);
  handle.stat = (async () => {
    writeFileSync(path, 'HELLO');
    return look({ bigint: true });
  }) as typeof handle.stat;
  await expect(hash({ handle, stats })).rejects.toMatchObject({ code: 'CHANGED' });
});

test('a rotten version is CORRUPT without being hashed again', async () => {
  const { keeper, identity } = await hashingOf(0);
  const version = { ...identity, mtimeNs: 0n };
  keeper.keep('f', version, digestsOf('hello'));
  expect(keeper.known('f', version)).toMatchObject({ md5: md5('hello') });
  const rotten = { ...version, ctimeNs: 1n };
  expect(() => keeper.keep('f', rotten, digestsOf('HELLO'))).toThrow(
    expect.objectContaining({ code: 'CORRUPT' }),
  );
  for (const one of [version, rotten]) {
    expect(() => keeper.known('f', one)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  }
  expect(keeper.known('f', { ...version, mtimeNs: 2_000_000n })).toBeNull();
});

test('what is hashed as it is sent is not hashed in the background, not any more either', async () => {
  const { hash, keeper, identity, opened } = await hashingOf(ENDLESS);
  const background = hash({ background: true });
  const refused = expect(background).rejects.toMatchObject({ code: 'ABORTED' });
  const ends = [keeper.expect('big', identity), keeper.expect('big', identity)];
  await refused;
  while (opened.some(({ handle }) => handle.fd >= 0)) await new Promise((resolve) => setImmediate(resolve));
  ends[0]?.();
  await expect(hash({ background: true })).rejects.toMatchObject({ code: 'BUSY' });
  expect(opened.length).toBeLessThanOrEqual(1);
  // Whoever waits for it gets it all the same.
  const leaver = new AbortController();
  let progress = () => ({ done: 0, size: 0 });
  const wanted = hash({ signal: leaver.signal, onHashing: (p: typeof progress) => (progress = p) });
  while (progress().done === 0) await new Promise((resolve) => setImmediate(resolve));
  const end = keeper.expect('big', identity);
  const before = progress().done;
  while (progress().done === before) await new Promise((resolve) => setImmediate(resolve));
  leaver.abort();
  await expect(wanted).rejects.toMatchObject({ code: 'ABORTED' });
  for (const one of [end, ends[1]]) one?.();
  const again = new AbortController();
  const more = hash({
    background: true,
    signal: again.signal,
    onHashing: (p: typeof progress) => (progress = p),
  });
  while (progress().done === 0) await new Promise((resolve) => setImmediate(resolve));
  again.abort();
  await expect(more).rejects.toMatchObject({ code: 'ABORTED' });
});
