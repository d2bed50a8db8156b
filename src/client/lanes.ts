import { systemCode } from '../errors/index.js';
import type { Announcement } from './announcement.js';
import type { Assembly } from './assembly.js';
import { ChunkBuffers } from './chunk-buffers.js';
import type { Range } from './chunk-map.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { receive } from './receive.js';

/** Chunks that a lane asks for at a time, at the most: few enough that lanes end together, many enough to be worth a request. */
const UNIT_MAX = 8;
/** Each lane comes to ask about so often, or more. */
const UNITS_EACH = 4;
/** What ends a lane and not the download: the others, or the next try, fetch the rest. */
const PASSING = new Set(['NETWORK', 'TIMEOUT', 'BUSY']);

/** Fetches what is missing of one file over several connections at a time, each a part after the other. */
export class Lanes {
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  #failure: unknown = null;
  /** Ends what else brings this file, when it cannot be had. */
  #endOther: () => void = () => {};
  /** What comes before this chunk somebody else fetches. */
  #firstChunk = 0;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly announced: Announcement,
    private readonly assembly: Assembly,
    signal: AbortSignal | undefined,
    private readonly onBytes: (count: number) => void,
    /** There may come to be more than one; else each gap is asked for as a whole. */
    private readonly isShared: boolean,
  ) {
    this.#signal = signal ? AbortSignal.any([signal, this.#ending.signal]) : this.#ending.signal;
  }

  /** Lanes that run or wait for a connection. */
  get count(): number {
    return this.#running.size;
  }

  /** From now on chunks from `index` on are fetched. */
  startAt(index: number): void {
    this.#firstChunk = index;
  }

  /** Runs `bring`, which ends with `connection`; what makes all lanes end ends it as well. */
  async beside<T>(connection: Connection, bring: () => Promise<T>): Promise<T> {
    this.#endOther = () => connection.destroy();
    try {
      return await bring();
    } catch (error) {
      throw this.#isFinal ? this.#failure : error;
    } finally {
      this.#endOther = () => {};
    }
  }

  /** One lane more, as soon as there is a connection for it. */
  add(): void {
    const lane = this.pool
      .useSpare(this.#signal, (connection) => this.#run(connection, () => !this.pool.isWanted))
      .catch((error) => this.#fail(error))
      .finally(() => this.#running.delete(lane));
    this.#running.add(lane);
  }

  /** Fetches over this connection until nothing is missing that nobody fetches. */
  run(connection: Connection): Promise<void> {
    return this.#run(connection, () => true);
  }

  /** @param mayGoOn false when somebody else needs the connection more */
  async #run(connection: Connection, mayGoOn: () => boolean): Promise<void> {
    const asked: Range[] = [];
    const { assembly, onBytes } = this;
    const buffers = new ChunkBuffers();
    const ask = () => {
      const range = this.#claim();
      if (range === null) return;
      asked.push(range);
      this.announced.askRange(connection, range);
    };
    try {
      ask();
      for (let range = asked[0]; range; range = asked[0]) {
        await this.announced.range(connection, range);
        // Rule: only behind a good header, so that after a failure nothing more is on its way.
        if (mayGoOn()) ask();
        await receive(connection, range, { assembly, buffers, onBytes });
        asked.shift();
      }
    } finally {
      for (const range of asked) assembly.map.release(range);
    }
  }

  /**
   * Resolves when no lane runs any more.
   * @throws what a lane failed with, if that is not passing, or anything is still missing
   */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    const isMissing = this.assembly.map.nextGap() !== null;
    if (this.#isFinal || (this.#failure !== null && isMissing)) throw this.#failure;
  }

  /** Ends all lanes; resolves when they have ended. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running);
  }

  get #isFinal(): boolean {
    return this.#failure !== null && !PASSING.has(systemCode(this.#failure) ?? '');
  }

  #claim(): Range | null {
    const { map } = this.assembly;
    if (!this.isShared) return map.claim(this.#firstChunk, map.count);
    const share = Math.ceil(map.missingCount / (UNITS_EACH * (this.count + 1)));
    return map.claim(this.#firstChunk, Math.min(UNIT_MAX, Math.max(1, share)));
  }

  #fail(error: unknown): void {
    if (this.#ending.signal.aborted || this.#isFinal) return;
    this.#failure = error;
    if (!this.#isFinal) return;
    this.#ending.abort();
    this.#endOther();
  }
}
