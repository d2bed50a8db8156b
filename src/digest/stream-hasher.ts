import { Worker } from 'node:worker_threads';
import { type Algorithm, createHasher } from './algorithm.js';
import type { Hasher } from './hasher.js';
import type { StreamHashAnswer, StreamHashJob } from './stream-hash-job.js';

/** Memory that threads share, so that a hashing thread reads bytes where they are. */
export function sharedBytes(length: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(length));
}

/** Takes in a stream of bytes and tells its digests. */
export interface StreamHasher {
  /** Throws away what was taken in. */
  restart(): void;
  /** The next bytes. They must stay as they are until it resolves; where it returns nothing that is at once. */
  update(bytes: Buffer): Promise<void> | undefined;
  /** In hex, in the order of the algorithms. After it nothing is taken in before a `restart`. */
  digests(): Promise<string[]>;
  /** Ends it, in the middle as well. */
  close(): void;
}

/** On this thread. */
export async function inlineHasher(algorithms: Algorithm[]): Promise<StreamHasher> {
  let hashers: Hasher[] = await Promise.all(algorithms.map(createHasher));
  let restarting: Promise<void> | null = null;
  const begin = async () => {
    hashers = await Promise.all(algorithms.map(createHasher));
    restarting = null;
  };
  const take = (bytes: Buffer) => {
    for (const hasher of hashers) hasher.update(bytes);
  };
  return {
    restart: () => {
      restarting = begin();
    },
    update: (bytes) => {
      if (restarting) return restarting.then(() => take(bytes));
      take(bytes);
      return undefined;
    },
    digests: async () => {
      await restarting;
      return hashers.map((hasher) => hasher.hex());
    },
    close: () => {},
  };
}

/** Workers that rest; more are ended. */
const IDLE_MAX = 2;
const idle: Worker[] = [];

const ignore = () => {};

/** A thread rests: to have it hash takes no time to start it. */
export function hasIdleThread(): boolean {
  return idle.length > 0;
}

/** One that died while it rested would never answer. */
function forget(worker: Worker): void {
  const at = idle.indexOf(worker);
  if (at >= 0) idle.splice(at, 1);
}

/** Only for tests: a thread of another program. */
export type NewWorker = () => Worker;
// It makes little garbage, and memory that it may fill it fills.
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 64 };
const newWorker: NewWorker = () =>
  new Worker(new URL('./stream-hash-worker.js', import.meta.url), { resourceLimits });

/**
 * On a thread of its own. Bytes should be of {@link sharedBytes}; others are copied first.
 * @param onDeath called once if the thread dies: what was taken in is lost
 */
export function threadHasher(
  algorithms: Algorithm[],
  onDeath: (cause: unknown) => void,
  make: NewWorker = newWorker,
): StreamHasher {
  const worker = (make === newWorker ? idle.pop() : undefined) ?? make().once('exit', () => forget(worker));
  /** Answers that are still to come, in order. */
  const waiting: { resolve: (answer?: string[]) => void; reject: (cause: unknown) => void }[] = [];
  let isOver = false;
  const onAnswer = (answer: StreamHashAnswer) =>
    waiting.shift()?.resolve(answer.kind === 'digests' ? answer.hex : undefined);
  const onError = (cause: unknown) => {
    if (isOver) return;
    end();
    for (const { reject } of waiting.splice(0)) reject(cause);
    onDeath(cause);
  };
  const onExit = () => onError(new Error('the hashing thread ended'));
  const end = () => {
    isOver = true;
    worker.off('message', onAnswer).off('exit', onExit);
  };
  worker.ref();
  worker.on('message', onAnswer).on('exit', onExit);
  worker.once('error', onError);
  const tell = (job: StreamHashJob) => worker.postMessage(job);
  const ask = <T>(job: StreamHashJob): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isOver) return reject(new Error('the hashing thread ended'));
      waiting.push({ resolve: resolve as (answer?: string[]) => void, reject });
      tell(job);
    });
  tell({ kind: 'begin', algorithms });
  return {
    restart: () => {
      // By then the thread may be somebody else's.
      if (!isOver) tell({ kind: 'begin', algorithms });
    },
    update: (bytes) => {
      const { buffer, byteOffset, length } = isShared(bytes) ? bytes : copyOf(bytes);
      return ask({ kind: 'update', buffer: buffer as SharedArrayBuffer, offset: byteOffset, length });
    },
    digests: () => ask<string[]>({ kind: 'digest' }),
    close: () => {
      if (isOver) return;
      end();
      // Once, however often the thread is used again.
      worker.off('error', onError).off('error', ignore).on('error', ignore);
      const isFree = waiting.length === 0 && idle.length < IDLE_MAX;
      if (!isFree) return void worker.terminate();
      worker.unref();
      idle.push(worker);
    },
  };
}

function isShared({ buffer }: Buffer): boolean {
  return (buffer as ArrayBufferLike) instanceof SharedArrayBuffer;
}

function copyOf(bytes: Buffer): Buffer {
  const copy = sharedBytes(bytes.length);
  bytes.copy(copy);
  return copy;
}
