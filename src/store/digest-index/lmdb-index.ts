import { statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { DigestIndex, IndexKind, IndexRecord, NamesFrom } from './digest-index.js';
import { MemoryIndex } from './memory-index.js';
import { decodeRecord, encodeRecord, RECORD_LAYOUT } from './record-codec.js';

/** Above any name's bytes: UTF-8 never has 0xff. */
const END = Buffer.from([0xff]);
/** LMDB takes no longer keys, to search for either. */
const KEY_MAX = 1_978;

export const INDEX_FILE = `index-v${RECORD_LAYOUT}.mdb`;

/**
 * The index on disk, shared safely by every server on the same storage: LMDB has one writer at a time and any
 * number of readers across processes. Names are kept as UTF-8, so that the order of keys is the order of a listing.
 */
export class LmdbIndex implements DigestIndex {
  readonly #db: RootDatabase<Buffer, Buffer>;
  /** Writes are committed in batches; until then, this is what they say. */
  readonly #uncommitted = new Map<string, IndexRecord | null>();
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** Takes over when the index cannot be written any more (a full disk): a listing must not lack names for it. */
  #memory: MemoryIndex | null = null;
  /** Who still asks then (a request whose client was cut off) finds nothing; LMDB would throw where nobody catches it. */
  #isClosed = false;

  constructor(
    readonly folder: string,
    readonly kind: IndexKind,
  ) {
    this.#db = open<Buffer, Buffer>({
      path: join(folder, INDEX_FILE),
      encoding: 'binary',
      keyEncoding: 'binary',
      // With it LMDB makes promises for itself that nobody handles when a commit fails.
      eventTurnBatching: false,
    });
  }

  get(name: string): IndexRecord | undefined {
    if (this.#isClosed) return undefined;
    if (this.#memory) return this.#memory.get(name);
    return this.#get(name);
  }

  #get(name: string): IndexRecord | undefined {
    const uncommitted = this.#uncommitted.get(name);
    if (uncommitted !== undefined) return uncommitted ?? undefined;
    const bytes = this.#db.get(Buffer.from(name));
    return bytes && decodeRecord(bytes);
  }

  put(name: string, record: IndexRecord): void {
    if (this.#isClosed) return;
    if (this.#memory) return this.#memory.put(name, record);
    this.#uncommitted.set(name, record);
    this.#track(name, record, this.#db.put(Buffer.from(name), encodeRecord(record)));
  }

  remove(name: string): void {
    if (this.#isClosed) return;
    if (this.#memory) return this.#memory.remove(name);
    this.#uncommitted.set(name, null);
    this.#track(name, null, this.#db.remove(Buffer.from(name)));
  }

  names(from: NamesFrom, limit: number): string[] {
    if (this.#isClosed) return [];
    return this.#memory ? this.#memory.names(from, limit) : this.#names(from, limit);
  }

  #names(from: NamesFrom, limit: number): string[] {
    const [start, left] = 'least' in from ? [from.least, undefined] : [from.behind, from.behind];
    // No name is as long as that, so cutting the bound does not move it past any.
    const bound = Buffer.from(start).subarray(0, KEY_MAX);
    const keys = this.#db.getKeys({ start: bound, end: END, limit: limit + 1 });
    const names: string[] = [];
    for (const key of keys) {
      const name = key.toString();
      if (name !== left && names.length < limit) names.push(name);
    }
    return names;
  }

  /** True if pages are missing at the end of the file: LMDB maps it, and whoever touches them dies by SIGBUS. */
  get isCutShort(): boolean {
    // In this order: the file of an index that others write to only grows.
    const { pageSize, lastPageNumber } = this.#stats();
    return statSync(join(this.folder, INDEX_FILE)).size < (lastPageNumber + 1) * pageSize;
  }

  /** How many names there are, by LMDB's own account. */
  get count(): number {
    return this.#stats().entryCount;
  }

  #stats(): { pageSize: number; lastPageNumber: number; entryCount: number } {
    return this.#db.getStats() as { pageSize: number; lastPageNumber: number; entryCount: number };
  }

  async settled(): Promise<void> {
    await this.#lastWrite;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.settled();
    // After a write that failed LMDB waits for it for ever.
    if (!this.#memory) await this.#db.close();
  }

  #track(name: string, record: IndexRecord | null, write: Promise<boolean>): void {
    const done = () => {
      if (this.#uncommitted.get(name) === record) this.#uncommitted.delete(name);
    };
    const failed = (error: { commitError?: Promise<unknown> }) => {
      // LMDB tells the cause by a second promise, which nobody else handles.
      error.commitError?.catch(() => {});
      this.#moveToMemory();
    };
    this.#lastWrite = write.then(done, failed);
  }

  #moveToMemory(): void {
    if (this.#memory || this.#isClosed) return;
    const memory = new MemoryIndex();
    for (const name of this.#names({ least: '' }, Number.MAX_SAFE_INTEGER)) {
      const record = this.#get(name);
      if (record) memory.put(name, record);
    }
    for (const [name, record] of this.#uncommitted) if (record) memory.put(name, record);
    this.#memory = memory;
  }
}
