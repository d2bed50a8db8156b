import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { hasIdleThread, inlineHasher, sharedBytes, threadHasher } from '#sealift/digest/index.js';
import { md5, someBytes } from '../helpers/files.js';

const BYTES = someBytes(3_000_000, 4);

function shared(bytes: Buffer): Buffer {
  const copy = sharedBytes(bytes.length);
  bytes.copy(copy);
  return copy;
}

const fail = (cause: unknown) => {
  throw cause;
};

test.each(['inline', 'thread'])('several digests of one stream, again and again: %s', async (where) => {
  const algorithms = ['md5', 'sha256', 'blake3'] as const;
  const hasher =
    where === 'inline' ? await inlineHasher([...algorithms]) : threadHasher([...algorithms], fail);
  onTestFinished(() => hasher.close());
  for (const pieces of [
    [0, 3_000_000],
    [0, 1, 70_000, 3_000_000],
    [0, 0],
  ]) {
    pieces.slice(1).map((end, at) => hasher.update(shared(BYTES.subarray(pieces[at], end))));
    const [first, second] = await hasher.digests();
    const taken = BYTES.subarray(0, pieces.at(-1));
    expect(first).toBe(md5(taken));
    expect(second).toBe(createHash('sha256').update(taken).digest('hex'));
    hasher.restart();
  }
});

test('bytes in memory of their own are copied: they may be used again at once', async () => {
  const hasher = threadHasher(['md5'], fail);
  onTestFinished(() => hasher.close());
  const bytes = Buffer.from('as it was');
  const taken = hasher.update(bytes);
  bytes.fill(0);
  await taken;
  expect(await hasher.digests()).toEqual([md5('as it was')]);
});

test('a thread is used again, and listened to by nobody who is gone', async () => {
  const threads = new Set<Worker>();
  const on = Worker.prototype.on;
  onTestFinished(() => {
    Worker.prototype.on = on;
  });
  Worker.prototype.on = function (this: Worker, ...args: Parameters<typeof on>) {
    threads.add(this);
    return on.apply(this, args);
  } as typeof on;
  for (let time = 0; time < 12; time++) {
    const hasher = threadHasher(['md5'], fail);
    expect(await hasher.digests()).toEqual([md5('')]);
    hasher.close();
    expect(hasIdleThread()).toBe(true);
  }
  expect([...threads].map((thread) => thread.listenerCount('error'))).toEqual([1]);
});

test('one that is closed has no say any more in what its thread does', async () => {
  const before = threadHasher(['md5'], fail);
  await before.digests();
  before.close();
  const after = threadHasher(['md5'], fail);
  onTestFinished(() => after.close());
  await after.update(shared(Buffer.from('abc')));
  before.restart();
  await after.update(shared(Buffer.from('def')));
  expect(await after.digests()).toEqual([md5('abcdef')]);
});

test('one that is closed in the middle harms none that comes after it', async () => {
  for (let time = 0; time < 6; time++) {
    const hasher = threadHasher(['md5'], fail);
    const taken = hasher.update(shared(BYTES));
    if (time % 2 === 0) await taken;
    hasher.close();
  }
  const hasher = threadHasher(['md5'], fail);
  onTestFinished(() => hasher.close());
  hasher.update(shared(BYTES));
  expect(await hasher.digests()).toEqual([md5(BYTES)]);
});

test.each([
  'process.exit(3)',
  'throw new Error("no memory")',
  'require("worker_threads").parentPort.on("message", () => process.exit(1))',
])('a thread that dies says so, once, and everything that waits for it fails: %s', async (program) => {
  const deaths: unknown[] = [];
  const make = () => new Worker(program, { eval: true });
  const hasher = threadHasher(['md5'], (cause) => deaths.push(cause), make);
  await expect(Promise.all([hasher.update(shared(BYTES)), hasher.digests()])).rejects.toThrow();
  expect(deaths).toHaveLength(1);
  await expect(hasher.digests()).rejects.toThrow('ended');
  hasher.restart();
  hasher.close();
});
