import type { RootDatabase } from 'lmdb';
import { isName, type Key, keyOf, keyOfProbe } from './lmdb-keys.js';
import { NOT_SEEN } from './record-codec.js';

/** The promise of no commit. */
const NONE: Promise<unknown> = Promise.resolve();

/** Writes on their way into LMDB, which commits them in batches: what they say until they are there, and whether they came there. */
export class LmdbWrites {
  /** By name, or by an id that no name can be. */
  readonly #uncommitted = new Map<string, Buffer | null>();
  /** What LMDB promises for the writes of one commit, and which those are: ids, each with its bytes. */
  #commit: Promise<unknown> = NONE;
  #inCommit: (string | Buffer | null)[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  /** @param onFailure nothing can be written any more; may be told of it more than once */
  constructor(
    private readonly db: RootDatabase<Buffer, Key>,
    private readonly onFailure: () => void,
  ) {}

  /** What is written and not committed: bytes, null for removed, or undefined for nothing. */
  get(id: string): Buffer | null | undefined {
    return this.#uncommitted.get(id);
  }

  /** Of all that is not committed. */
  ids(): Iterable<string> {
    return this.#uncommitted.keys();
  }

  /** @param bytes null to remove what is there */
  write(id: string, key: Key, bytes: Buffer | null): void {
    this.#uncommitted.set(id, bytes);
    const commit = bytes === null ? this.db.remove(key) : this.db.put(key, bytes);
    // Mostly one promise for many writes: what is done when it is kept is done once for them all.
    if (commit !== this.#commit) this.#begin(commit);
    this.#inCommit.push(id, bytes);
  }

  /** From here on it is not asked whether what was written came there. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The last write is committed, or has failed. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #begin(commit: Promise<unknown>): void {
    const writes: (string | Buffer | null)[] = [];
    const end = () => {
      // What is written from now on is of another commit, even under the same promise.
      if (this.#inCommit === writes) this.#commit = NONE;
    };
    const done = () => {
      end();
      if (this.#isStopped) return;
      // Rule: what was not written is not forgotten. The binding has been seen to keep its promise for a commit that failed.
      if (!this.#isWritten(writes)) return this.#writeAgain(writes);
      for (let at = 0; at < writes.length; at += 2) {
        const id = writes[at] as string;
        if (this.#uncommitted.get(id) === writes[at + 1]) this.#uncommitted.delete(id);
      }
    };
    const failed = (error: { commitError?: Promise<unknown> }) => {
      // LMDB tells the cause by a second promise, which nobody else handles.
      error.commitError?.catch(() => {});
      end();
      this.onFailure();
    };
    this.#commit = commit;
    this.#inCommit = writes;
    this.#last = commit.then(done, failed);
  }

  /**
   * Either the commit has failed, or somebody else has removed what was written, and may find it there once more, which harms
   * nothing. What nobody else removes tells which.
   */
  #writeAgain(writes: readonly (string | Buffer | null)[]): void {
    for (let at = 0; at < writes.length; at += 2) {
      const id = writes[at] as string;
      const bytes = writes[at + 1] as Buffer | null;
      if (this.#uncommitted.get(id) === bytes) this.write(id, keyOf(id), bytes);
    }
    const probe = keyOfProbe();
    const look = async () => {
      if (this.#isStopped) return;
      if (!this.db.doesExist(probe)) return this.onFailure();
      await this.db.remove(probe);
    };
    const failed = (error: { commitError?: Promise<unknown> }) => {
      error.commitError?.catch(() => {});
      this.onFailure();
    };
    this.db.put(probe, NOT_SEEN).then(look).catch(failed);
  }

  /** False if the commit of these writes left nothing: one is all or nothing, so that a look at some of them tells. */
  #isWritten(writes: readonly (string | Buffer | null)[]): boolean {
    const half = 2 * (writes.length >> 2);
    return [0, half, writes.length - 2].every((at) => {
      const id = writes[at] as string;
      const isLatest = this.#uncommitted.get(id) === writes[at + 1];
      return writes[at + 1] === null || !isLatest || !isName(id) || this.db.doesExist(id);
    });
  }
}
