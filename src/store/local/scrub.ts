import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { HashPool } from '../../digest/index.js';
import { localError, SealiftError, systemCode } from '../../errors/index.js';
import type { DigestIndex } from '../digest-index/digest-index.js';
import { DigestKeeper, rotten } from './digest-keeper.js';
import { identityOf, isYoung, sameSizeAndMtime } from './file-identity.js';
import { hashVersion } from './hash-version.js';
import { Pacer } from './pacer.js';
import type { ServedRoot } from './served-root.js';
import { walk } from './walk.js';

/** Files read at once where no rate is kept to, and the workers for the large ones. */
const [FILES_AT_ONCE, HASHERS] = [4, 2];

export interface ScrubOptions {
  /** Ends it at once; the report then says how far it came. */
  signal: AbortSignal;
  /** Bytes a second at the most, within a file too. */
  rate?: number | undefined;
  /** A file that is rotten, or was found so before. `error` says it in words. */
  onRotten?: (name: string, error: SealiftError) => void;
  onUnreadable?: (name: string, error: SealiftError) => void;
  /** Called once, with a function that tells how far it is. */
  onStart?: (progress: () => ScrubProgress) => void;
}

export interface ScrubProgress {
  /** Files done. */
  files: number;
  /** Bytes read. */
  bytes: number;
}

export interface ScrubReport extends ScrubProgress {
  seconds: number;
  /** Files whose bytes are the ones that the index knows. */
  verified: number;
  /** Files that were not hashed before. */
  new: number;
  /** Files that changed since they were hashed, or are being written to. */
  changed: number;
  rotten: number;
  unreadable: number;
  /** False if it was ended before it had seen all. */
  isComplete: boolean;
}

type Outcome = 'verified' | 'new' | 'changed' | 'rotten' | 'unreadable' | 'gone';

/**
 * Hashes every file of the storage anew and compares it with what the index knows. What is rotten is marked there, so that
 * no server on the same index serves it; what is new or changed is remembered. Uses hashing workers of its own, and takes
 * none from anybody who waits.
 */
export async function scrub(
  root: ServedRoot,
  index: DigestIndex,
  options: ScrubOptions,
): Promise<ScrubReport> {
  const run = new ScrubRun(root, index, options);
  try {
    return await run.all();
  } finally {
    await run.close();
  }
}

class ScrubRun {
  readonly #startedAt = performance.now();
  readonly #pool: HashPool;
  readonly #keeper: DigestKeeper;
  readonly #pacer: Pacer;
  readonly #tally = { verified: 0, new: 0, changed: 0, rotten: 0, unreadable: 0, gone: 0 };
  #files = 0;
  #bytes = 0;
  readonly #reading = new Set<() => number>();

  constructor(
    private readonly root: ServedRoot,
    private readonly index: DigestIndex,
    private readonly options: ScrubOptions,
  ) {
    this.#pool = new HashPool(options.rate === undefined ? HASHERS : 1);
    this.#keeper = new DigestKeeper(index, this.#pool);
    this.#pacer = new Pacer(options.rate ?? null);
  }

  async all(): Promise<ScrubReport> {
    const { rate, signal, onStart } = this.options;
    onStart?.(() => this.#progress());
    const items = walk(this.root.path, '');
    const work = async () => {
      for (let next = await items.next(); !next.done && !signal.aborted; next = await items.next()) {
        const { kind, name } = next.value;
        await (kind === 'folder' ? this.#folder(name) : this.#file(name));
      }
    };
    await Promise.all(Array.from({ length: rate === undefined ? FILES_AT_ONCE : 1 }, work));
    await items.return(undefined);
    if (!signal.aborted) this.index.scrubbedAt = Date.now();
    await this.index.settled();
    const { gone: _, ...tally } = this.#tally;
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    return { ...this.#progress(), seconds, ...tally, isComplete: !signal.aborted };
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #progress(): ScrubProgress {
    let bytes = this.#bytes;
    for (const done of this.#reading) bytes += done();
    return { files: this.#files, bytes };
  }

  /** What is below a folder that cannot be read is not met at all. */
  async #folder(name: string): Promise<void> {
    try {
      await access(this.root.pathOf(name), constants.R_OK | constants.X_OK);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      this.#tally.unreadable++;
      this.options.onUnreadable?.(name, localError(error, name));
    }
  }

  async #file(name: string): Promise<void> {
    const startedAt = performance.now();
    const before = this.#bytes;
    try {
      const outcome = await this.#outcomeOf(name);
      this.#tally[outcome]++;
      if (outcome !== 'gone') this.#files++;
    } catch (error) {
      // Ended in mid-file: not seen.
      if (systemCode(error) !== 'ABORTED') throw error;
    }
    await this.#pacer.spend(this.#bytes - before, startedAt, this.options.signal);
  }

  async #outcomeOf(name: string): Promise<Outcome> {
    const stats = await this.root.look(name);
    if (stats === null) return 'gone';
    const identity = identityOf(stats);
    const record = this.index.get(name);
    const isSame = record !== undefined && sameSizeAndMtime(record.identity, identity);
    if (isSame && record.rotten) return this.#rotten(name, rotten(name));
    // It would be hashed for nothing: what is young is not remembered.
    if (isYoung(identity)) return 'changed';
    const hashedAt = Date.now();
    let done = () => 0;
    const reading = () => done();
    this.#reading.add(reading);
    try {
      const digests = await hashVersion(name, identity, () => this.root.open(name), this.#pool, {
        signal: this.options.signal,
        rate: this.options.rate,
        onStart: (tell) => {
          done = tell;
        },
      });
      this.#bytes += Number(identity.size);
      this.#keeper.keep(name, identity, digests, hashedAt);
      if (!record?.md5) return 'new';
      return isSame ? 'verified' : 'changed';
    } catch (error) {
      return this.#failed(name, error);
    } finally {
      this.#reading.delete(reading);
    }
  }

  #failed(name: string, error: unknown): Outcome {
    if (!(error instanceof SealiftError)) throw error;
    switch (error.code) {
      case 'ABORTED':
        throw error;
      case 'CORRUPT':
        return this.#rotten(name, error);
      case 'CHANGED':
        return 'changed';
      case 'NOT_FOUND':
        return 'gone';
      default: {
        // Of a system's error is known what to do about it.
        const says = systemCode(error.cause) === undefined ? error : localError(error.cause, name);
        this.options.onUnreadable?.(name, says);
        return 'unreadable';
      }
    }
  }

  #rotten(name: string, error: SealiftError): Outcome {
    this.options.onRotten?.(name, error);
    return 'rotten';
  }
}
