import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HashPool } from '#sealift/digest/hash-pool.js';
import { digestsOf, md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

const POOL = new URL('../../dist/digest/hash-pool.js', import.meta.url).href;

/** A sparse file of this size takes longer to hash than anything a test does meanwhile. */
const ENDLESS = 2 ** 40;

function fdOf(content: Uint8Array | string): number {
  const path = join(tempFolder(), 'file');
  writeFileSync(path, content);
  return opened(path);
}

function endless(): number {
  const path = join(tempFolder(), 'endless');
  writeFileSync(path, '');
  truncateSync(path, ENDLESS);
  return opened(path);
}

function opened(path: string): number {
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  return fd;
}

function poolOf(limit: number): HashPool {
  const pool = new HashPool(limit);
  onTestFinished(() => pool.close());
  return pool;
}

async function md5By(pool: HashPool, ...hashing: Parameters<HashPool['digests']>): Promise<string> {
  return (await pool.digests(...hashing)).md5;
}

/** A hashing that runs until it is aborted. */
function startEndless(pool: HashPool, options: { background?: () => boolean } = {}) {
  const abort = new AbortController();
  let onStart: (done: () => number) => void = () => {};
  const started = new Promise<() => number>((resolve) => (onStart = resolve));
  const outcome = md5By(pool, endless(), ENDLESS, { ...options, signal: abort.signal, onStart }).then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
  return { abort, started, outcome };
}

const ABORTED = expect.objectContaining({ name: 'SealiftError', code: 'ABORTED' });
const aTick = () => new Promise((resolve) => setImmediate(resolve));

test.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000])('a file of %i bytes', async (size) => {
  const content = someBytes(size);
  expect(await md5By(poolOf(1), fdOf(content), size)).toBe(md5(content));
});

test('the digests of the chunks come from the same reading', async () => {
  const content = someBytes(3_500_000);
  const pool = poolOf(1);
  expect(await pool.digests(fdOf(content), content.length)).toEqual(digestsOf(content));
  expect(await pool.digests(fdOf(content), 2_000_000)).toEqual(digestsOf(content.subarray(0, 2_000_000)));
});

test('only the first `size` bytes', async () => {
  expect(await md5By(poolOf(1), fdOf('hello, world'), 5)).toBe(md5('hello'));
});

test('one worker hashes many files, one after the other, whatever became of the one before', async () => {
  const pool = poolOf(1);
  for (let nth = 0; nth < 5; nth++) {
    const content = someBytes(1_000, nth + 1);
    expect(await md5By(pool, fdOf(content), 1_000)).toBe(md5(content));
    await expect(md5By(pool, fdOf('short'), 6)).rejects.toThrow(expect.objectContaining({ code: 'CHANGED' }));
  }
});

test('a busy worker keeps the process alive, an idle one does not', async () => {
  const folder = tempFolder();
  const [path, script] = [join(folder, 'file'), join(folder, 'script.mjs')];
  writeFileSync(path, someBytes(1_000_000));
  const text = `
    import { openSync } from 'node:fs';
    import { HashPool } from '${POOL}';
    const pool = new HashPool(1);
    const fd = openSync(process.argv[2], 'r');
    // The second time the worker was idle before.
    for (let nth = 0; nth < 2; nth++) console.log((await pool.digests(fd, 1_000_000)).md5);
  `;
  writeFileSync(script, text);
  const child = spawn(process.execPath, [script, path]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  const [code] = await once(child, 'close');
  const hex = md5(someBytes(1_000_000));
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${hex}\n${hex}\n` });
});

test('as many at once as the limit, the rest in turn', async () => {
  const pool = poolOf(2);
  const [first, second] = [startEndless(pool), startEndless(pool)];
  await Promise.all([first.started, second.started]);
  const order: string[] = [];
  const third = md5By(pool, fdOf('c'), 1, { onStart: () => order.push('c') });
  const fourth = md5By(pool, fdOf('d'), 1, { onStart: () => order.push('d') });
  await aTick();
  expect(order).toEqual([]);
  second.abort.abort();
  expect(await Promise.all([third, fourth])).toEqual([md5('c'), md5('d')]);
  expect(order).toEqual(['c', 'd']);
  first.abort.abort();
  expect(await first.outcome).toBe('ABORTED');
});

test('aborted before it is asked for', async () => {
  const pool = poolOf(1);
  let started = false;
  const signal = AbortSignal.abort();
  await expect(md5By(pool, fdOf('a'), 1, { signal, onStart: () => (started = true) })).rejects.toThrow(
    ABORTED,
  );
  expect(started).toBe(false);
});

test('aborted while it waits: it is never begun, and the others move up', async () => {
  const pool = poolOf(1);
  const running = startEndless(pool);
  await running.started;
  const abort = new AbortController();
  let started = false;
  const waiting = md5By(pool, fdOf('a'), 1, { signal: abort.signal, onStart: () => (started = true) });
  const behind = md5By(pool, fdOf('b'), 1);
  abort.abort();
  await expect(waiting).rejects.toThrow(ABORTED);
  running.abort.abort();
  expect(await behind).toBe(md5('b'));
  expect(started).toBe(false);
});

test('aborted while it runs: it stops, and its worker takes the next', async () => {
  const pool = poolOf(1);
  const running = startEndless(pool);
  const done = await running.started;
  while (done() === 0) await aTick();
  running.abort.abort();
  expect(await running.outcome).toBe('ABORTED');
  const stopped = done();
  expect(stopped).toBeLessThan(ENDLESS);
  expect(await md5By(pool, fdOf('b'), 1)).toBe(md5('b'));
  expect(done()).toBe(stopped);
});

test('one signal for many files leaves nothing behind on it', async () => {
  const pool = poolOf(1);
  const { signal } = new AbortController();
  await Promise.all([1, 2, 3].map(() => md5By(pool, fdOf('a'), 1, { signal })));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a file that is shorter than announced', async () => {
  const failure = md5By(poolOf(1), fdOf('hello'), 6);
  await expect(failure).rejects.toThrow(expect.objectContaining({ code: 'CHANGED' }));
});

test('a file that cannot be read: a folder, and a descriptor that is none', async () => {
  const pool = poolOf(1);
  for (const fd of [opened(tempFolder()), 1_000_000]) {
    const failure = md5By(pool, fd, 5);
    await expect(failure).rejects.toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    await expect(failure).rejects.toThrow(/^the file cannot be read$/);
  }
  expect(await md5By(pool, fdOf('a'), 1)).toBe(md5('a'));
});

test('what somebody waits for goes before the background', async () => {
  const pool = poolOf(1);
  const running = startEndless(pool);
  await running.started;
  const order: string[] = [];
  const hashing = ['background 1', 'wanted 1', 'background 2', 'wanted 2'].map((what) =>
    md5By(pool, fdOf('a'), 1, {
      background: () => what.startsWith('background'),
      onStart: () => order.push(what),
    }),
  );
  running.abort.abort();
  await Promise.all(hashing);
  expect(order).toEqual(['wanted 1', 'wanted 2', 'background 1', 'background 2']);
});

test('the background has one worker at the most', async () => {
  const pool = poolOf(2);
  const background = startEndless(pool, { background: () => true });
  await background.started;
  let begun = false;
  const second = md5By(pool, fdOf('b'), 1, { background: () => true, onStart: () => (begun = true) });
  expect(await md5By(pool, fdOf('wanted'), 6)).toBe(md5('wanted'));
  expect(begun).toBe(false);
  background.abort.abort();
  expect(await second).toBe(md5('b'));
});

test('close ends what runs and what waits, and takes nothing more', async () => {
  const pool = new HashPool(1);
  const running = startEndless(pool);
  await running.started;
  const waiting = md5By(pool, fdOf('a'), 1).catch((error: { code: string }) => error.code);
  await pool.close();
  expect(await Promise.all([running.outcome, waiting])).toEqual(['ABORTED', 'ABORTED']);
  await expect(md5By(pool, fdOf('a'), 1)).rejects.toThrow(ABORTED);
  await pool.close();
});

test('what was background and is wanted now goes before the rest of it', async () => {
  const pool = poolOf(2);
  const running = startEndless(pool, { background: () => true });
  await running.started;
  let isBackground = true;
  const wanted = md5By(pool, fdOf('a'), 1, { background: () => isBackground });
  isBackground = false;
  pool.reconsider();
  expect(await wanted).toBe(md5('a'));
  running.abort.abort();
  expect(await running.outcome).toBe('ABORTED');
});

test('close always ends, also where an answer comes while a worker is ended', async () => {
  const fd = fdOf(someBytes(400_000));
  for (let size = 1; size < 400_000; size += 10_000) {
    const pool = new HashPool(1);
    // The worker runs by now, so that the next answer comes within the time that ending it takes.
    await md5By(pool, fd, 1);
    const hashing = md5By(pool, fd, size).catch((error) => error);
    await pool.close();
    await hashing;
  }
});

test.each([0, 5])('no descriptors for a worker, %i left: BUSY', async (left) => {
  const script = join(tempFolder(), 'script.mjs');
  const text = `
    import { closeSync, openSync } from 'node:fs';
    import { HashPool } from '${POOL}';
    const fds = [];
    try { for (;;) fds.push(openSync('/dev/null')); } catch {}
    for (let nth = 0; nth < ${left}; nth++) closeSync(fds.pop());
    const pool = new HashPool(1);
    const outcome = await pool.digests(fds[0], 0).catch((error) => error.code);
    for (const fd of fds.splice(1)) closeSync(fd);
    // As soon as there are some it works again.
    const next = (await pool.digests(fds[0], 0)).md5;
    console.log(outcome, next);
  `;
  writeFileSync(script, text);
  const child = spawn('sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, script]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  await once(child, 'close');
  expect(stdout).toBe(`BUSY ${md5('')}\n`);
});

test('a rate is kept within a file', async () => {
  const content = someBytes(300_000);
  const startedAt = performance.now();
  const hashing = poolOf(1).digests(fdOf(content), content.length, { rate: 300_000 });
  expect(await hashing).toEqual(digestsOf(content));
  expect(performance.now() - startedAt).toBeGreaterThan(950);
});

test.each(['aborted', 'closed'])('a worker that rests to keep a rate, %s: it ends at once', async (how) => {
  const pool = poolOf(1);
  const abort = new AbortController();
  let done = () => 0;
  // A rest of more than an hour.
  const hashing = pool.digests(fdOf(someBytes(8_192)), 8_192, {
    rate: 1,
    signal: abort.signal,
    onStart: (tell) => (done = tell),
  });
  const outcome = hashing.catch((error: { code: string }) => error.code);
  while (done() === 0) await aTick();
  if (how === 'closed') await pool.close();
  else abort.abort();
  expect(await outcome).toBe('ABORTED');
});
