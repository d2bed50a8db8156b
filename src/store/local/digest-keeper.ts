import { createHash } from 'node:crypto';
import type { HashPool } from '../../digest/index.js';
import { abortedError, SealiftError } from '../../errors/index.js';
import type { DigestIndex } from '../digest-index/digest-index.js';
import type { DigestOptions } from '../store.js';
import { type FileIdentity, isYoung, sameIdentity, sameSizeAndMtime } from './file-identity.js';
import { readFully } from './read-fully.js';
import type { OpenedFile } from './served-root.js';

/** Up to this size a trip to a worker thread takes longer than the hashing. */
const INLINE_MAX = 64 * 1024;

interface Hashing {
  promise: Promise<string>;
  done: () => number;
  abort: AbortController;
  waiters: Set<DigestOptions>;
  /** Nobody but the filling of the index waits for it. */
  background: boolean;
}

/** Knows which digests are known, which have to be computed, and which versions are rotten. */
export class DigestKeeper {
  readonly #running = new Map<string, Hashing>();

  constructor(
    private readonly index: DigestIndex,
    private readonly pool: HashPool,
  ) {}

  /**
   * The remembered MD5 of exactly this version, or null.
   * @throws SealiftError CORRUPT when a version of this size and mtime was found rotten
   */
  known(name: string, identity: FileIdentity): string | null {
    const record = this.index.get(name);
    if (record === undefined) return null;
    if (record.rotten && sameSizeAndMtime(record.identity, identity)) throw rotten(name);
    return sameIdentity(record.identity, identity) ? record.md5 : null;
  }

  /**
   * Hashes the open file; all who ask for the same version share one hashing, which ends when the last of them has
   * left. `reopen` gives the hashing a descriptor of its own, since it may outlive the one who asked first.
   */
  async hash(
    name: string,
    identity: FileIdentity,
    reopen: () => Promise<OpenedFile>,
    options: DigestOptions & { background?: boolean } = {},
  ): Promise<string> {
    const version = [
      name,
      identity.ino,
      identity.size,
      identity.mtimeNs,
      identity.ctimeNs,
      options.fresh === true,
    ];
    const key = version.join('\n');
    const hashing = this.#running.get(key) ?? this.#start(key, name, identity, reopen);
    const waiter = { ...options };
    hashing.waiters.add(waiter);
    const leave = () => this.#leave(key, hashing);
    options.unlessShared?.addEventListener('abort', leave);
    // It may have been in doubt before it came.
    leave();
    if (!options.background) {
      hashing.background = false;
      this.pool.reconsider();
    }
    options.onHashing?.(() => ({ done: hashing.done(), size: Number(identity.size) }));
    try {
      return await orAborted(hashing.promise, options.signal);
    } catch (error) {
      const isGivenUp = hashing.abort.signal.aborted && !options.signal?.aborted;
      throw isGivenUp && options.unlessShared?.aborted ? givenUp(name, error) : error;
    } finally {
      options.unlessShared?.removeEventListener('abort', leave);
      hashing.waiters.delete(waiter);
      leave();
    }
  }

  /**
   * Remembers a digest that was computed over all the bytes of this version.
   * @throws SealiftError CORRUPT when other bytes are remembered for this name, size and mtime: rot, or an edit that hides
   */
  async keep(name: string, identity: FileIdentity, md5: string, hashedAt = Date.now()): Promise<void> {
    const old = this.index.get(name);
    if (old?.md5 && sameSizeAndMtime(old.identity, identity) && (old.md5 !== md5 || old.rotten)) {
      this.index.put(name, { ...old, rotten: true });
      throw rotten(name);
    }
    if (!isYoung(identity, hashedAt)) this.index.put(name, { identity, md5, rotten: false });
  }

  #start(key: string, name: string, identity: FileIdentity, reopen: () => Promise<OpenedFile>): Hashing {
    const abort = new AbortController();
    const hashing: Hashing = {
      promise: Promise.resolve(''),
      done: () => 0,
      abort,
      waiters: new Set(),
      background: true,
    };
    const run = async () => {
      const hashedAt = Date.now();
      const { handle, stats } = await reopen();
      try {
        if (!sameIdentity(stats, identity)) throw changed(name);
        const size = Number(identity.size);
        const md5 =
          size <= INLINE_MAX
            ? createHash('md5')
                .update(await readFully(handle, size))
                .digest('hex')
            : await this.pool.md5(handle.fd, size, {
                signal: abort.signal,
                background: () => hashing.background,
                onStart: (done) => {
                  hashing.done = done;
                },
              });
        if (!sameIdentity(await handle.stat({ bigint: true }), identity)) throw changed(name);
        await this.keep(name, identity, md5, hashedAt);
        return md5;
      } finally {
        await handle.close();
      }
    };
    hashing.promise = run().finally(() => this.#forget(key, hashing));
    this.#running.set(key, hashing);
    return hashing;
  }

  /** Gives the hashing up if nobody waits for it, or only those who would not wait alone. */
  #leave(key: string, hashing: Hashing): void {
    if ([...hashing.waiters].some(({ unlessShared }) => !unlessShared?.aborted)) return;
    // Whoever comes now must not join a hashing that is being given up.
    this.#forget(key, hashing);
    hashing.abort.abort();
  }

  /** Another hashing of the same version may stand there by now. */
  #forget(key: string, hashing: Hashing): void {
    if (this.#running.get(key) === hashing) this.#running.delete(key);
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function rotten(name: string): SealiftError {
  return new SealiftError(
    'CORRUPT',
    `${name}: the server's copy is damaged: its bytes changed, its size and time did not; restore it there`,
  );
}

function givenUp(name: string, cause: unknown): SealiftError {
  return new SealiftError('BUSY', `${name}: hashing takes long, and nobody may be waiting; ask again`, {
    cause,
  });
}

function changed(name: string): SealiftError {
  return new SealiftError('CHANGED', `${name}: the file is being written to on the server; try again`);
}
