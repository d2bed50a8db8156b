import type { RootDatabase } from 'lmdb';
import { SealiftError } from '../../errors/index.js';
import type { SideTable, SideTableWriting } from '../shares/side-table.js';
import { type Key, keyOfSide, SIDE } from './lmdb-keys.js';

/** A side table in the database of the index: behind everything else, under keys that no name can be. */
export class LmdbTable implements SideTable {
  /** @param canWrite false once a write has failed, or the index is closed: LMDB would wait for ever, or throw where nobody catches it */
  constructor(
    private readonly db: RootDatabase<Buffer, Key>,
    private readonly canWrite: () => boolean,
    private readonly isClosed: () => boolean,
  ) {}

  get(key: string): Buffer | undefined {
    if (this.isClosed()) return undefined;
    // Rule: what another process has written is seen at once; LMDB shows the state of a moment ago otherwise.
    this.db.resetReadTxn();
    return this.db.get(keyOfSide(key));
  }

  keys(prefix: string, after: string | undefined, limit: number): string[] {
    if (this.isClosed()) return [];
    this.db.resetReadTxn();
    const start = keyOfSide(after ?? prefix);
    const end = Buffer.concat([keyOfSide(prefix), Buffer.from([0xff])]);
    const found: string[] = [];
    for (const key of this.db.getKeys({ start, end, limit: limit + 1 })) {
      const side = (key as Buffer).toString('latin1', SIDE.length);
      if (side !== after && found.length < limit) found.push(side);
    }
    return found;
  }

  transact<T>(task: (writing: SideTableWriting) => T): T {
    if (!this.canWrite()) throw notWritable();
    try {
      return this.db.transactionSync(() =>
        task({
          put: (key, value) => void this.db.put(keyOfSide(key), value),
          remove: (key) => void this.db.remove(keyOfSide(key)),
        }),
      );
    } catch (error) {
      throw error instanceof SealiftError ? error : notWritable(error);
    }
  }
}

function notWritable(cause?: unknown): SealiftError {
  return new SealiftError('INTERNAL', 'the server cannot write its index: is its disk full?', { cause });
}
