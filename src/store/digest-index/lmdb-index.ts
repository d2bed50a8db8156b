import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { DigestIndex, IndexKind, IndexRecord, NamesFrom } from './digest-index.js';
import { decodeRecord, encodeRecord, RECORD_LAYOUT } from './record-codec.js';

/** Above any name's bytes: UTF-8 never has 0xff. */
const END = Buffer.from([0xff]);

/**
 * The index on disk, shared safely by every server on the same storage: LMDB has one writer at a time and any
 * number of readers across processes. Names are kept as UTF-8, so that the order of keys is the order of a listing.
 */
export class LmdbIndex implements DigestIndex {
  readonly #db: RootDatabase<Buffer, Buffer>;
  /** Writes are committed in batches; until then, this is what they say. */
  readonly #uncommitted = new Map<string, IndexRecord | null>();
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(
    readonly folder: string,
    readonly kind: IndexKind,
  ) {
    this.#db = open<Buffer, Buffer>({
      path: join(folder, `index-v${RECORD_LAYOUT}.mdb`),
      encoding: 'binary',
      keyEncoding: 'binary',
    });
  }

  get(name: string): IndexRecord | undefined {
    const uncommitted = this.#uncommitted.get(name);
    if (uncommitted !== undefined) return uncommitted ?? undefined;
    const bytes = this.#db.get(Buffer.from(name));
    return bytes && decodeRecord(bytes);
  }

  put(name: string, record: IndexRecord): void {
    this.#uncommitted.set(name, record);
    this.#track(name, record, this.#db.put(Buffer.from(name), encodeRecord(record)));
  }

  remove(name: string): void {
    this.#uncommitted.set(name, null);
    this.#track(name, null, this.#db.remove(Buffer.from(name)));
  }

  names(from: NamesFrom, limit: number): string[] {
    const [start, left] = 'least' in from ? [from.least, undefined] : [from.behind, from.behind];
    const keys = this.#db.getKeys({ start: Buffer.from(start), end: END, limit: limit + 1 });
    const names: string[] = [];
    for (const key of keys) {
      const name = key.toString();
      if (name !== left && names.length < limit) names.push(name);
    }
    return names;
  }

  async settled(): Promise<void> {
    await this.#lastWrite;
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#db.close();
  }

  #track(name: string, record: IndexRecord | null, write: Promise<boolean>): void {
    const done = () => {
      if (this.#uncommitted.get(name) === record) this.#uncommitted.delete(name);
    };
    // A write that fails (a full disk) costs a hashing later; the bytes served are not in question.
    this.#lastWrite = write.then(done, done);
  }
}
