import { statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { DigestIndex, IndexEntry, IndexKind, IndexRecord, NamesFrom } from './digest-index.js';
import {
  END,
  ID_OF_SCRUBBED_AT,
  idOfPiece,
  isName,
  KEY_MAX,
  type Key,
  keyEncoder,
  keyOfPiece,
  LEAST,
  SCRUBBED_AT,
} from './lmdb-keys.js';
import { LmdbTable } from './lmdb-table.js';
import { LmdbWrites } from './lmdb-writes.js';
import { decodePiece, encodePiece, keptPieces, piecesOf } from './manifest-pieces.js';
import { MemoryIndex } from './memory-index.js';
import {
  decodeRecord,
  encodeRecord,
  isHashed,
  mayHavePieces,
  NOT_SEEN,
  RECORD_LAYOUT,
} from './record-codec.js';

/** Pieces are large, and what they hold has a checksum: a look at some tells whether the file can be read. */
const PIECES_READ_MAX = 1_000;

export const INDEX_FILE = `index-v${RECORD_LAYOUT}.mdb`;

/**
 * The index on disk, shared safely by every server on the same storage: LMDB has one writer at a time and any
 * number of readers across processes. Names are kept as UTF-8, so that the order of keys is the order of a listing;
 * behind them are the pieces of manifests.
 */
export class LmdbIndex implements DigestIndex {
  readonly #db: RootDatabase<Buffer, Key>;
  readonly #writes: LmdbWrites;
  readonly side: LmdbTable;
  /** Takes over when the index cannot be written any more (a full disk): a listing must not lack names for it. */
  #memory: MemoryIndex | null = null;
  /** Who still asks then (a request whose client was cut off) finds nothing; LMDB would throw where nobody catches it. */
  #isClosed = false;

  constructor(
    readonly folder: string,
    readonly kind: IndexKind,
  ) {
    this.#db = open<Buffer, Key>({
      path: join(folder, INDEX_FILE),
      encoding: 'binary',
      keyEncoder,
      // With it LMDB makes promises for itself that nobody handles when a commit fails.
      eventTurnBatching: false,
    });
    this.#writes = new LmdbWrites(this.#db, () => this.#moveToMemory());
    this.side = new LmdbTable(
      this.#db,
      () => !this.#isClosed && this.#memory === null,
      () => this.#isClosed,
    );
  }

  get(name: string): IndexRecord | undefined {
    if (this.#isClosed) return undefined;
    if (this.#memory) return this.#memory.get(name);
    return this.#get(name);
  }

  has(name: string): boolean {
    if (this.#isClosed) return false;
    if (this.#memory) return this.#memory.has(name);
    const uncommitted = this.#writes.get(name);
    return uncommitted === undefined ? this.#db.doesExist(name) : uncommitted !== null;
  }

  #get(name: string): IndexRecord | undefined {
    const bytes = this.#read(name);
    return bytes && decodeRecord(bytes);
  }

  addNames(names: readonly string[]): string[] {
    if (this.#isClosed) return [];
    if (this.#memory) return this.#memory.addNames(names);
    const added = names.filter((name) => !this.has(name));
    // Each with bytes of its own: who looks which write is still the last one tells them apart.
    for (const name of added) this.#writes.write(name, name, Buffer.from(NOT_SEEN));
    return added;
  }

  putFirst(name: string, bytes: Buffer): boolean {
    if (this.#isClosed) return true;
    if (this.#memory) return this.#memory.putFirst(name, bytes);
    const uncommitted = this.#writes.get(name);
    const old = uncommitted === undefined ? this.#db.getBinaryFast(name) : uncommitted;
    if (old && isHashed(old)) return false;
    this.#writes.write(name, name, bytes);
    return true;
  }

  put(name: string, record: IndexRecord, manifest: Buffer | null = null): void {
    if (this.#isClosed) return;
    if (this.#memory) return this.#memory.put(name, record, manifest);
    const old = this.#withPieces(name);
    const count = keptPieces(record);
    if (record.root !== null && manifest !== null && count > 0) {
      let at = 0;
      for (const piece of piecesOf(manifest)) this.#writePiece(name, at++, encodePiece(record.root, piece));
      this.#removePieces(name, old, count);
    } else if (old && old.root !== record.root) this.#removePieces(name, old, 0);
    this.#writes.write(name, name, encodeRecord(record));
  }

  piece(name: string, record: IndexRecord, at: number): Buffer | undefined {
    if (this.#isClosed) return undefined;
    if (this.#memory) return this.#memory.piece(name, record, at);
    const bytes = this.#read(idOfPiece(name, at), keyOfPiece(name, at));
    return bytes && decodePiece(bytes, record, at);
  }

  remove(name: string): void {
    if (this.#isClosed) return;
    if (this.#memory) return this.#memory.remove(name);
    this.#removePieces(name, this.#withPieces(name), 0);
    this.#writes.write(name, name, null);
  }

  /** The record, if pieces of a manifest are kept beside it: of most files there are none, and theirs need not be decoded. */
  #withPieces(name: string): IndexRecord | undefined {
    const bytes = this.#read(name);
    return bytes && mayHavePieces(bytes) ? decodeRecord(bytes) : undefined;
  }

  #removePieces(name: string, record: IndexRecord | undefined, from: number): void {
    if (record === undefined) return;
    for (let at = from; at < keptPieces(record); at++) this.#writePiece(name, at, null);
  }

  #writePiece(name: string, at: number, bytes: Buffer | null): void {
    this.#writes.write(idOfPiece(name, at), keyOfPiece(name, at), bytes);
  }

  entries(from: NamesFrom, limit: number): IndexEntry[] {
    if (this.#isClosed) return [];
    return this.#memory ? this.#memory.entries(from, limit) : this.#entries(from, limit);
  }

  #entries(from: NamesFrom, limit: number): IndexEntry[] {
    const [start, left] = 'least' in from ? [from.least, undefined] : [from.behind, from.behind];
    // No name is as long as that, so cutting the bound does not move it past any.
    const bound = Buffer.from(start).subarray(0, KEY_MAX);
    const entries: IndexEntry[] = [];
    for (const { key, value } of this.#db.getRange({ start: bound, end: END, limit: limit + 1 })) {
      const name = String(key);
      if (name === left || entries.length === limit) continue;
      const uncommitted = this.#writes.get(name);
      entries.push(new LmdbEntry(name, uncommitted === undefined ? value : uncommitted));
    }
    return entries;
  }

  /** True if pages are missing at the end of the file: LMDB maps it, and whoever touches them dies by SIGBUS. */
  get isCutShort(): boolean {
    // In this order: the file of an index that others write to only grows.
    const { pageSize, lastPageNumber } = this.#stats();
    return statSync(join(this.folder, INDEX_FILE)).size < (lastPageNumber + 1) * pageSize;
  }

  /**
   * Reads names, records and pieces, up to `limit` of them. False if they are fewer than by LMDB's own account. In one
   * turn of the event loop, so that both are of one state of an index that others write to.
   */
  readAll(limit: number): boolean {
    let [count, pieces] = [0, 0];
    for (const key of this.#db.getKeys({ start: LEAST, limit })) {
      count++;
      if (typeof key === 'string' || ++pieces <= PIECES_READ_MAX) this.#db.get(key);
    }
    return count === limit || count === this.#stats().entryCount;
  }

  #stats(): { pageSize: number; lastPageNumber: number; entryCount: number } {
    return this.#db.getStats() as { pageSize: number; lastPageNumber: number; entryCount: number };
  }

  get scrubbedAt(): number | null {
    if (this.#isClosed) return null;
    if (this.#memory) return this.#memory.scrubbedAt;
    const bytes = this.#read(ID_OF_SCRUBBED_AT, SCRUBBED_AT);
    return bytes?.length === 8 ? bytes.readDoubleBE() : null;
  }

  set scrubbedAt(time: number | null) {
    if (this.#isClosed) return;
    if (this.#memory) {
      this.#memory.scrubbedAt = time;
      return;
    }
    const bytes = Buffer.alloc(8);
    if (time !== null) bytes.writeDoubleBE(time);
    this.#writes.write(ID_OF_SCRUBBED_AT, SCRUBBED_AT, time === null ? null : bytes);
  }

  async settled(): Promise<void> {
    await this.#writes.settled();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#writes.stop();
    await this.settled();
    // After a write that failed LMDB waits for it for ever.
    if (!this.#memory) await this.#db.close();
  }

  #read(id: string, key: Key = id): Buffer | undefined {
    const uncommitted = this.#writes.get(id);
    return uncommitted === undefined ? this.#db.get(key) : (uncommitted ?? undefined);
  }

  /** Without the pieces of manifests, which may come to more than fits there: they are made anew when asked for. */
  #moveToMemory(): void {
    if (this.#memory || this.#isClosed) return;
    this.#writes.stop();
    const memory = new MemoryIndex();
    // LMDB may still show the state before the last commit that did not fail.
    this.#db.resetReadTxn();
    const entries = this.#entries({ least: '' }, Number.MAX_SAFE_INTEGER);
    for (const name of [...entries.map((entry) => entry.name), ...this.#writes.ids()]) {
      const record = isName(name) ? this.#get(name) : undefined;
      if (record) memory.put(name, record);
    }
    memory.scrubbedAt = this.scrubbedAt;
    this.#memory = memory;
  }
}

class LmdbEntry implements IndexEntry {
  constructor(
    readonly name: string,
    private readonly bytes: Buffer | null,
  ) {}

  get record(): IndexRecord | undefined {
    return this.bytes === null ? undefined : decodeRecord(this.bytes);
  }
}
