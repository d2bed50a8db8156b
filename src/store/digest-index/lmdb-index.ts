import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import {
  type DigestIndex,
  type IndexEntry,
  type IndexKind,
  type IndexRecord,
  type NamesFrom,
  notSeen,
} from './digest-index.js';
import { decodePiece, encodePiece, keptPieces, piecesOf } from './manifest-pieces.js';
import { MemoryIndex } from './memory-index.js';
import { decodeRecord, encodeRecord, isHashed, mayHavePieces, RECORD_LAYOUT } from './record-codec.js';

/** Above any name's bytes: UTF-8 never has 0xff. */
const END = Buffer.from([0xff]);
/** Below any key. */
const LEAST = Buffer.from([0]);
/** No name begins so, nor the key of a piece. */
const SCRUBBED_AT = Buffer.from([0xff, 0xff]);
/** LMDB takes no longer keys, to search for either. */
const KEY_MAX = 1_978;
/** Pieces are large, and what they hold has a checksum: a look at some tells whether the file can be read. */
const PIECES_READ_MAX = 1_000;

/** The promise of no commit. */
const NONE: Promise<unknown> = Promise.resolve();
/** Of a name of which no more is known than that it is there. */
const NOT_SEEN = encodeRecord(notSeen);

/** A name, or the bytes of a key that no name can be. */
type Key = string | Buffer;

/** Names go to LMDB and come from there without an object in between: there may be hundreds of thousands. */
const keyEncoder = {
  writeKey(key: Key, target: Buffer, start: number): number {
    return start + (typeof key === 'string' ? target.write(key, start) : key.copy(target, start));
  },
  readKey(source: Buffer, start: number, end: number): Key {
    return source[start] === END[0]
      ? Buffer.from(source.subarray(start, end))
      : source.toString('utf8', start, end);
  },
};

export const INDEX_FILE = `index-v${RECORD_LAYOUT}.mdb`;

/**
 * The index on disk, shared safely by every server on the same storage: LMDB has one writer at a time and any
 * number of readers across processes. Names are kept as UTF-8, so that the order of keys is the order of a listing;
 * behind them are the pieces of manifests.
 */
export class LmdbIndex implements DigestIndex {
  readonly #db: RootDatabase<Buffer, Key>;
  /** Writes are committed in batches; until then, this is what they say. By name, or by an id that no name can be. */
  readonly #uncommitted = new Map<string, Buffer | null>();
  /** What LMDB promises for the writes of one commit, and which those are: ids, each with its bytes. */
  #commit: Promise<unknown> = NONE;
  #inCommit: (string | Buffer | null)[] = [];
  #lastWrite: Promise<unknown> = Promise.resolve();
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
  }

  get(name: string): IndexRecord | undefined {
    if (this.#isClosed) return undefined;
    if (this.#memory) return this.#memory.get(name);
    return this.#get(name);
  }

  has(name: string): boolean {
    if (this.#isClosed) return false;
    if (this.#memory) return this.#memory.has(name);
    const uncommitted = this.#uncommitted.get(name);
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
    for (const name of added) this.#write(name, name, Buffer.from(NOT_SEEN));
    return added;
  }

  putFirst(name: string, bytes: Buffer): boolean {
    if (this.#isClosed) return true;
    if (this.#memory) return this.#memory.putFirst(name, bytes);
    const uncommitted = this.#uncommitted.get(name);
    const old = uncommitted === undefined ? this.#db.getBinaryFast(name) : uncommitted;
    if (old && isHashed(old)) return false;
    this.#write(name, name, bytes);
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
    this.#write(name, name, encodeRecord(record));
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
    this.#write(name, name, null);
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
    this.#write(idOfPiece(name, at), keyOfPiece(name, at), bytes);
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
      const uncommitted = this.#uncommitted.get(name);
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
    this.#write(ID_OF_SCRUBBED_AT, SCRUBBED_AT, time === null ? null : bytes);
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

  #read(id: string, key: Key = id): Buffer | undefined {
    const uncommitted = this.#uncommitted.get(id);
    return uncommitted === undefined ? this.#db.get(key) : (uncommitted ?? undefined);
  }

  #write(id: string, key: Key, bytes: Buffer | null): void {
    this.#uncommitted.set(id, bytes);
    const commit = bytes === null ? this.#db.remove(key) : this.#db.put(key, bytes);
    // Mostly one promise for many writes: what is done when it is kept is done once for them all.
    if (commit !== this.#commit) this.#begin(commit);
    this.#inCommit.push(id, bytes);
  }

  #begin(commit: Promise<unknown>): void {
    const writes: (string | Buffer | null)[] = [];
    const end = () => {
      // What is written from now on is of another commit, even under the same promise.
      if (this.#inCommit === writes) this.#commit = NONE;
    };
    const done = () => {
      end();
      if (this.#memory || this.#isClosed) return;
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
      this.#moveToMemory();
    };
    this.#commit = commit;
    this.#inCommit = writes;
    this.#lastWrite = commit.then(done, failed);
  }

  /**
   * Either the commit has failed, or somebody else has removed what was written, and may find it there once more, which harms
   * nothing. What nobody else removes tells which.
   */
  #writeAgain(writes: readonly (string | Buffer | null)[]): void {
    for (let at = 0; at < writes.length; at += 2) {
      const id = writes[at] as string;
      const bytes = writes[at + 1] as Buffer | null;
      if (this.#uncommitted.get(id) === bytes) this.#write(id, keyOf(id), bytes);
    }
    const probe = Buffer.concat([END, END, randomBytes(8)]);
    const look = async () => {
      if (this.#isClosed || this.#memory) return;
      if (!this.#db.doesExist(probe)) return this.#moveToMemory();
      await this.#db.remove(probe);
    };
    const failed = (error: { commitError?: Promise<unknown> }) => {
      error.commitError?.catch(() => {});
      this.#moveToMemory();
    };
    this.#db.put(probe, NOT_SEEN).then(look).catch(failed);
  }

  /** False if the commit of these writes left nothing: one is all or nothing, so that a look at some of them tells. */
  #isWritten(writes: readonly (string | Buffer | null)[]): boolean {
    const half = 2 * (writes.length >> 2);
    return [0, half, writes.length - 2].every((at) => {
      const id = writes[at] as string;
      const isLatest = this.#uncommitted.get(id) === writes[at + 1];
      return writes[at + 1] === null || !isLatest || !isName(id) || this.#db.doesExist(id);
    });
  }

  /** Without the pieces of manifests, which may come to more than fits there: they are made anew when asked for. */
  #moveToMemory(): void {
    if (this.#memory || this.#isClosed) return;
    const memory = new MemoryIndex();
    // LMDB may still show the state before the last commit that did not fail.
    this.#db.resetReadTxn();
    const entries = this.#entries({ least: '' }, Number.MAX_SAFE_INTEGER);
    for (const name of [...entries.map((entry) => entry.name), ...this.#uncommitted.keys()]) {
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

/** What is written besides records is known by what no name can be: one with a NUL. */
const ID_OF_SCRUBBED_AT = '\0scrubbed';

function idOfPiece(name: string, at: number): string {
  return `${name}\0${at}`;
}

function isName(id: string): boolean {
  return !id.includes('\0');
}

/** The key of what is known by this id. */
function keyOf(id: string): Key {
  const [name = '', piece] = id.split('\0');
  if (piece === undefined) return name;
  return name === '' ? SCRUBBED_AT : keyOfPiece(name, Number(piece));
}

/** A key that no name can be, and no other name's piece. */
function keyOfPiece(name: string, at: number): Buffer {
  const position = Buffer.alloc(4);
  position.writeUInt32BE(at);
  return Buffer.concat([END, Buffer.from(name), END, position]);
}
