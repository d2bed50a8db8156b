import { CHUNK_DIGEST, type FileDigests, type HashPool } from '../../digest/index.js';
import { abortedError, SealiftError } from '../../errors/index.js';
import type { DigestIndex, IndexRecord } from '../digest-index/digest-index.js';
import { decodeRecord } from '../digest-index/record-codec.js';
import type { DigestOptions, Digests, Manifest } from '../store.js';
import { type FileIdentity, isYoung, sameIdentity, sameSizeAndMtime } from './file-identity.js';
import { hashVersion } from './hash-version.js';
import { keptManifest } from './kept-manifest.js';
import type { OpenedFile } from './served-root.js';

interface Hashing {
  promise: Promise<FileDigests>;
  done: () => number;
  abort: AbortController;
  waiters: Set<DigestOptions>;
  /** Nobody but the filling of the index waits for it. */
  background: boolean;
}

/** Knows which digests are known, which have to be computed, and which versions are rotten. */
export class DigestKeeper {
  readonly #running = new Map<string, Hashing>();
  /** Versions that are hashed as they are sent, and how often. */
  readonly #expected = new Map<string, number>();

  constructor(
    private readonly index: DigestIndex,
    private readonly pool: HashPool,
  ) {}

  /**
   * The remembered digests of exactly this version, or null.
   * @throws SealiftError CORRUPT when a version of this size and mtime was found rotten
   */
  known(name: string, identity: FileIdentity): Digests | null {
    const record = this.#recordOf(name, identity);
    return record?.md5 ? { md5: record.md5, root: record.root } : null;
  }

  /** The version of a name that is remembered with its digests, whether or not it still is there. Null for one that is rotten. */
  remembered(name: string): { identity: FileIdentity; digests: Digests } | null {
    const record = this.index.get(name);
    if (!record?.md5 || record.rotten) return null;
    return { identity: record.identity, digests: { md5: record.md5, root: record.root } };
  }

  /**
   * The remembered manifest of exactly this version, or null.
   * @throws SealiftError CORRUPT when a version of this size and mtime was found rotten
   */
  async manifest(name: string, identity: FileIdentity): Promise<Manifest | null> {
    const record = this.#recordOf(name, identity);
    return record === null ? null : keptManifest(this.index, name, record);
  }

  #recordOf(name: string, identity: FileIdentity): IndexRecord | null {
    const record = this.index.get(name);
    if (record === undefined) return null;
    if (record.rotten && sameSizeAndMtime(record.identity, identity)) throw rotten(name);
    return sameIdentity(record.identity, identity) ? record : null;
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
  ): Promise<FileDigests> {
    const key = keyOf(name, identity, options.fresh === true);
    if (options.background && this.#expected.has(key)) {
      throw new SealiftError('BUSY', `${name}: it is being hashed as it is sent`);
    }
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
   * Somebody hashes this version anyway, and will tell. Until the returned function is called nobody hashes it in the
   * background; who does so already gives it up.
   */
  expect(name: string, identity: FileIdentity): () => void {
    const key = keyOf(name, identity, false);
    this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1);
    const hashing = this.#running.get(key);
    if (hashing?.background) {
      this.#forget(key, hashing);
      hashing.abort.abort();
    }
    return () => {
      const left = (this.#expected.get(key) ?? 1) - 1;
      if (left === 0) this.#expected.delete(key);
      else this.#expected.set(key, left);
    };
  }

  /**
   * Remembers digests that were computed over all the bytes of this version.
   * @param hashedAt when the first byte was read, in milliseconds since the Unix epoch
   * @throws SealiftError CORRUPT when other bytes are remembered for this name, size and mtime: rot, or an edit that hides
   */
  keep(name: string, identity: FileIdentity, digests: FileDigests, hashedAt = Date.now()): void {
    const { md5, root, manifest } = digests;
    const old = this.index.get(name);
    if (old?.md5 && sameSizeAndMtime(old.identity, identity)) {
      const isSame = old.md5 === md5 && (old.root === root || old.root === null || root === null);
      if (!isSame || old.rotten) {
        this.index.put(name, { ...old, rotten: true });
        throw rotten(name);
      }
    }
    if (isYoung(identity, hashedAt)) return;
    // A copy: there may be much behind a view.
    const onlyChunk = manifest?.length === CHUNK_DIGEST ? Buffer.from(manifest) : null;
    const record = { identity, md5, root, onlyChunk, verifiedAt: hashedAt, rotten: false };
    this.index.put(name, record, manifest);
  }

  /** The same for a small file whose record a thread made, when the file was not young any more. */
  keepRecord(name: string, bytes: Buffer): void {
    if (this.index.putFirst(name, bytes)) return;
    const record = decodeRecord(bytes);
    if (!record?.md5 || record.verifiedAt === null) return;
    const { identity, md5, root, onlyChunk, verifiedAt } = record;
    this.keep(name, identity, { md5, root, manifest: onlyChunk ?? Buffer.alloc(0) }, verifiedAt);
  }

  #start(key: string, name: string, identity: FileIdentity, reopen: () => Promise<OpenedFile>): Hashing {
    const abort = new AbortController();
    const run = async () => {
      const hashedAt = Date.now();
      const digests = await hashVersion(name, identity, reopen, this.pool, {
        signal: abort.signal,
        background: () => hashing.background,
        onStart: (done) => {
          hashing.done = done;
        },
      });
      this.keep(name, identity, digests, hashedAt);
      return digests;
    };
    const hashing: Hashing = {
      promise: run().finally(() => this.#forget(key, hashing)),
      done: () => 0,
      abort,
      waiters: new Set(),
      background: true,
    };
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

function keyOf(name: string, { ino, size, mtimeNs, ctimeNs }: FileIdentity, isFresh: boolean): string {
  return [name, ino, size, mtimeNs, ctimeNs, isFresh].join('\n');
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

export function rotten(name: string): SealiftError {
  return new SealiftError(
    'CORRUPT',
    `${name}: the server's copy is damaged: its bytes changed, its size and time did not; restore it there, with a new time (touch)`,
  );
}

function givenUp(name: string, cause: unknown): SealiftError {
  return new SealiftError('BUSY', `${name}: hashing takes long, and nobody may be waiting; ask again`, {
    cause,
  });
}
