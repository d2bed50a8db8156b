import { CHUNK_SIZE } from '../digest/index.js';
import type { Announcement } from './announcement.js';
import type { Assembly } from './assembly.js';
import { ChunkBuffers } from './chunk-buffers.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import type { DownloadOptions } from './download-options.js';
import { LanePlanner } from './lane-planner.js';
import { Lanes } from './lanes.js';
import { receive } from './receive.js';

/** Chunks that the body of the whole file still brings when other connections begin behind them. */
const HEAD_START = 8;
/** A smaller file is not worth a second connection. Chunks. */
const DIVIDED_MIN = 16;

/** Brings the bytes of one file into its assembly: over one connection, or over more where that is quicker. */
export class Transfer {
  #lanes: Lanes | null = null;
  #planner: LanePlanner | null = null;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly announced: Announcement,
    private readonly assembly: Assembly,
    private readonly options: DownloadOptions,
  ) {}

  /**
   * Receives the body of the whole file. False if the rest comes over other connections: wait for {@link done} then, and
   * this connection is of no more use.
   */
  async whole(connection: Connection): Promise<boolean> {
    const { assembly, announced } = this;
    const { map, size } = assembly;
    const buffers = new ChunkBuffers();
    this.#tell();
    const onBytes = (count: number) => this.#onBytes(count);
    if (!map.isDivided) {
      await receive(connection, { start: 0, end: size }, { assembly, buffers, onBytes });
      return true;
    }
    // Rule: a range is asked for by the MD5 of its file. What is hashed while it is sent has none yet.
    if (announced.md5 !== null) this.#begin();
    let claimedUntil = 0;
    const isWanted = (position: number) => {
      const index = map.indexAt(position);
      if (!map.claimOne(index)) return false;
      claimedUntil = map.range(index).end;
      if (this.#lanes?.count === 0) this.#lanes.startAt(index + 1 + HEAD_START);
      return true;
    };
    try {
      const range = { start: 0, end: size };
      const bring = () => receive(connection, range, { assembly, buffers, onBytes, isWanted });
      const end = this.#lanes ? await this.#lanes.beside(connection, bring) : await bring();
      if (end === size) {
        await this.end();
        return true;
      }
    } catch (error) {
      map.release({ start: 0, end: claimedUntil });
      throw error;
    }
    connection.destroy();
    // In place of this one.
    this.#lanes?.startAt(0);
    this.#lanes?.add();
    return false;
  }

  /** Fetches all that is missing, over this connection and others. */
  async gaps(connection: Connection): Promise<void> {
    this.#tell();
    this.#begin();
    const lanes = this.#lanes;
    lanes?.startAt(0);
    await lanes?.beside(connection, () => lanes.run(connection));
    await this.done();
  }

  /**
   * Resolves when no connection brings anything any more.
   * @throws SealiftError what one of them failed with, if that matters
   */
  async done(): Promise<void> {
    await this.#lanes?.done();
  }

  /** Gives up; resolves when nothing is brought any more. Never fails. */
  async end(): Promise<void> {
    await this.#lanes?.end();
  }

  #begin(): void {
    const { pool, announced, assembly, options } = this;
    const { connections = pool.connections, signal } = options;
    const isShared = connections > 1 && assembly.map.missingCount >= DIVIDED_MIN;
    const onBytes = (count: number) => this.#onBytes(count);
    this.#lanes = new Lanes(pool, announced, assembly, signal, onBytes, isShared);
    this.#planner = null;
    if (!isShared) return;
    this.#lanes.startAt(HEAD_START);
    if (options.connections === undefined) this.#planner = new LanePlanner(connections, performance.now());
    else for (let more = 1; more < connections; more++) this.#lanes.add();
  }

  #onBytes(count: number): void {
    const lanes = this.#lanes;
    if (this.#planner && lanes) {
      const left = this.assembly.map.missingCount * CHUNK_SIZE;
      const more = this.#planner.got(count, lanes.count + 1, left, performance.now());
      for (let added = 0; added < more; added++) lanes.add();
    }
    this.#tell();
  }

  #tell(): void {
    const { map, underWay, size } = this.assembly;
    // What is fetched twice, or turns out to be damaged, must not come to more than there is.
    this.options.onProgress?.({ bytes: Math.min(size, map.haveBytes + underWay), size });
  }
}
