import { Worker } from 'node:worker_threads';
import { abortedError, SealiftError } from '../errors/index.js';
import type { FileDigests } from './file-hasher.js';
import { type HashAnswer, type HashJob, JOB_STATE_BYTES, jobState } from './hash-job.js';

export interface HashOptions {
  signal?: AbortSignal | undefined;
  /**
   * True while nobody waits for it: behind everything that somebody waits for, and on one worker at the most. Asked
   * when a worker is free; call {@link HashPool.reconsider} when the answer has changed.
   */
  background?: () => boolean;
  /** Bytes a second at the most. */
  rate?: number | undefined;
  /** Called once, when hashing has begun, with a function that tells the bytes done so far. */
  onStart?: (done: () => number) => void;
}

interface Waiting extends HashOptions {
  fd: number;
  size: number;
  /** Leaves the queue. Listens to the signal only while it waits: a signal may outlive many files. */
  onAbort: () => void;
  resolve: (digests: FileDigests) => void;
  reject: (error: unknown) => void;
}

/**
 * Hashes open files on worker threads, a few at once; the rest wait their turn. A promise settles only when no
 * worker touches the descriptor any more, so whoever awaits it may close the file.
 */
export class HashPool {
  readonly #idle: Worker[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #busy = new Set<Worker>();
  #background = 0;
  #closed = false;

  constructor(private readonly limit: number) {}

  /**
   * Digests over the first `size` bytes.
   * @throws SealiftError ABORTED; CHANGED when the file is shorter; BUSY when no worker can be started; INTERNAL when it cannot be read
   */
  digests(fd: number, size: number, options: HashOptions = {}): Promise<FileDigests> {
    return new Promise((resolve, reject) => {
      if (this.#closed || options.signal?.aborted) return reject(abortedError(options.signal));
      const onAbort = () => this.#forget(waiting);
      const waiting: Waiting = { ...options, fd, size, onAbort, resolve, reject };
      this.#waiting.push(waiting);
      options.signal?.addEventListener('abort', onAbort);
      this.#dispatch();
    });
  }

  /** Something that waits is wanted now, and may be begun. */
  reconsider(): void {
    this.#dispatch();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of [...this.#waiting]) this.#forget(waiting);
    const workers = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #forget(waiting: Waiting): void {
    waiting.signal?.removeEventListener('abort', waiting.onAbort);
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    waiting.reject(abortedError(waiting.signal));
  }

  #dispatch(): void {
    while (this.#busy.size < this.limit) {
      const wanted = this.#waiting.findIndex((waiting) => !waiting.background?.());
      if (wanted < 0 && this.#background > 0) return;
      const [next] = this.#waiting.splice(Math.max(0, wanted), 1);
      if (next === undefined) return;
      this.#run(next, wanted < 0);
    }
  }

  #run(waiting: Waiting, isBackground: boolean): void {
    const worker = this.#idle.pop() ?? new Worker(new URL('./hash-worker.js', import.meta.url));
    const job: HashJob = {
      fd: waiting.fd,
      size: waiting.size,
      rate: waiting.rate ?? null,
      state: new SharedArrayBuffer(JOB_STATE_BYTES),
    };
    const { cancel, done } = jobState(job.state);
    waiting.signal?.removeEventListener('abort', waiting.onAbort);
    const onAbort = () => {
      Atomics.store(cancel, 0, 1);
      // A worker that keeps to a rate may be asleep.
      Atomics.notify(cancel, 0);
    };
    if (isBackground) this.#background++;
    this.#busy.add(worker);
    worker.ref();

    const finish = (reusable: boolean, settle: () => void) => {
      // Only these: Worker has listeners of its own, without which it stops talking, and never ends.
      worker.off('message', onAnswer).off('error', onError).off('exit', onExit);
      waiting.signal?.removeEventListener('abort', onAbort);
      this.#busy.delete(worker);
      if (isBackground) this.#background--;
      if (reusable && !this.#closed) {
        worker.unref();
        this.#idle.push(worker);
      }
      settle();
      this.#dispatch();
    };
    const onAnswer = (answer: HashAnswer) => finish(true, () => settleWith(answer, waiting));
    const onError = (cause: unknown) => {
      finish(false, () => waiting.reject(workerError(cause)));
    };
    const onExit = () => finish(false, () => waiting.reject(abortedError()));
    worker.on('message', onAnswer).on('error', onError).on('exit', onExit);
    waiting.signal?.addEventListener('abort', onAbort);
    waiting.onStart?.(() => done[0] ?? 0);
    worker.postMessage(job);
  }
}

/** A worker needs a few descriptors to start; Node tells of their lack by code or, in mid-start, in words. */
function workerError(cause: unknown): SealiftError {
  return /EMFILE|ENFILE/.test(String(cause))
    ? new SealiftError('BUSY', 'the server has too many files open; try again', { cause })
    : new SealiftError('INTERNAL', 'the hashing worker failed', { cause });
}

function settleWith(answer: HashAnswer, waiting: Waiting): void {
  switch (answer.kind) {
    case 'done':
      return waiting.resolve(digestsIn(answer));
    case 'cancelled':
      return waiting.reject(abortedError(waiting.signal));
    case 'short':
      return waiting.reject(new SealiftError('CHANGED', 'the file was cut short while it was hashed'));
    case 'failed':
      return waiting.reject(
        new SealiftError('INTERNAL', 'the file cannot be read', {
          cause: Object.assign(new Error(answer.message), { code: answer.code }),
        }),
      );
  }
}

function digestsIn({ md5, root, manifest }: HashAnswer & { kind: 'done' }): FileDigests {
  // It has come as a plain array of bytes.
  const bytes = manifest && Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength);
  return { md5, root, manifest: bytes };
}
