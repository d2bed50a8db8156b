import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Blake3, CHUNK_DIGEST, CHUNK_SIZE, createBlake3, type ExpectedDigest } from '../digest/index.js';
import { SealiftError, systemCode } from '../errors/index.js';
import { parseReply } from '../protocol/index.js';
import { cameWrong, describeCulprit, findCulprit } from './blame.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { damageOf } from './damage.js';
import type { DownloadEvents } from './download-options.js';
import { type RemoteManifest, remoteManifest } from './remote-manifest.js';
import { REFETCHES, repairOf } from './repair.js';
import { type FileHeader, requestFile, requestRange } from './request-file.js';
import { type Retry, withRetry } from './retry.js';

export interface StreamFileOptions extends Omit<DownloadEvents, 'onResume' | 'onRestart'> {
  /** An MD5 that the file must have. */
  expect?: ExpectedDigest | undefined;
  signal?: AbortSignal | undefined;
  onRetry?: ((retry: Retry) => void) | undefined;
  /** Gets each chunk in order, verified; it may keep it. Awaited, so that a slow reader slows the server. */
  onChunk: (chunk: Buffer) => Promise<void> | void;
}

/**
 * Hands a file over chunk by chunk, each verified before: damage is mended, or ends it before the bad chunk. A broken
 * connection goes on behind the last chunk that was handed over.
 * @throws SealiftError CHANGED when the file changes on the way: what was handed over cannot be taken back
 */
export async function streamFile(
  pool: ConnectionPool,
  name: string,
  options: StreamFileOptions,
): Promise<{ size: number; md5: string }> {
  const stream = new FileStream(pool, name, options, await createBlake3());
  await withRetry(() => stream.attempt(), {
    ...pool.retrying,
    signal: options.signal,
    onRetry: options.onRetry,
    progress: () => stream.position,
  });
  return stream.result();
}

/** A file that changes before anything of it was handed over is begun again so many times. */
const RESTARTS_MAX = 3;

class FileStream {
  #manifest: RemoteManifest | null = null;
  /** Bytes that were handed over. */
  position = 0;
  readonly #md5 = createHash('md5');
  #undivided: { size: number; md5: string } | null = null;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly name: string,
    private readonly options: StreamFileOptions,
    private readonly hash: Blake3,
  ) {}

  /** One try. Never holds a connection while it waits for another: several streams could wait for each other. */
  async attempt(): Promise<void> {
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#handOverAll();
      } catch (error) {
        // Nothing was handed over yet that would be of another file.
        const mayBeginAnew = systemCode(error) === 'CHANGED' && this.position === 0;
        if (!mayBeginAnew || restarts === RESTARTS_MAX) throw error;
        this.#manifest = null;
      }
    }
  }

  async #handOverAll(): Promise<void> {
    if (this.#manifest === null) {
      if (await this.#use((connection) => this.#begin(connection))) return;
      this.#manifest = await this.#use((connection) => this.#askManifest(connection));
    }
    for (;;) {
      const damaged = await this.#use((connection) => this.#rest(connection));
      if (damaged === null) return;
      await this.#handOver(await this.#use((connection) => this.#mended(connection, damaged)));
    }
  }

  /** @throws SealiftError CORRUPT if the whole is not the announced file although every chunk was */
  result(): { size: number; md5: string } {
    const { size, md5 } = (this.#undivided ?? this.#manifest) as { size: number; md5: string };
    if (this.#md5.digest('hex') === md5) return { size, md5 };
    throw new SealiftError('CORRUPT', `${this.name}: the server's chunk digests are not those of its MD5`);
  }

  #use<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.pool.use(this.options.signal, use);
  }

  /** True if that was all. */
  async #begin(connection: Connection): Promise<boolean> {
    const header = await requestFile(connection, this.name);
    if (header.md5 !== null) this.#requireExpected(header.md5);
    this.options.onStart?.(header);
    if (header.size <= CHUNK_SIZE) {
      await this.#whole(connection, header);
      return true;
    }
    // Its body is not wanted before there is something to hold it against.
    connection.destroy();
    return false;
  }

  /** A file of one chunk: its MD5 says all there is to say. */
  async #whole(connection: Connection, first: FileHeader): Promise<void> {
    let header = first;
    for (let tries = 0; ; tries++) {
      const bytes = await connection.wholeBody(header.length);
      const md5 = header.md5 ?? parseReply('trailer', await connection.header()).md5;
      await nextTurn();
      connection.ensureNothingMore();
      const received = createHash('md5').update(bytes).digest('hex');
      if (received === md5) {
        this.#requireExpected(md5);
        this.#md5.update(bytes);
        this.options.onProgress?.({ bytes: bytes.length, size: bytes.length });
        if (bytes.length > 0) await this.options.onChunk(bytes);
        this.position = bytes.length;
        this.#undivided = { size: bytes.length, md5 };
        return;
      }
      if (tries === REFETCHES) {
        const culprit = await findCulprit(connection, this.name, md5);
        throw new SealiftError(
          'CORRUPT',
          `${this.name}: ${cameWrong(md5, received, tries + 1)}; ${describeCulprit(culprit)}; nothing was handed over`,
        );
      }
      header = await requestFile(connection, this.name);
      // Rule: memory is for the size that was announced first, and found small.
      if (header.size !== first.size) throw this.#changed();
    }
  }

  /** From where it was left to the end, chunk by chunk, or up to a chunk that came damaged: that is returned. */
  async #rest(connection: Connection): Promise<Buffer | null> {
    const manifest = this.#manifest as RemoteManifest;
    const range = { start: this.position, end: manifest.size };
    if (range.start === range.end) return null;
    await requestRange(connection, this.name, range, manifest);
    connection.startBody(range.end - range.start);
    let coming = this.#ask(connection, this.position);
    for (;;) {
      const { chunk, filled } = coming;
      await filled;
      if (!this.#isRight(chunk)) {
        // The rest of the body would wait while it is mended.
        connection.destroy();
        return chunk;
      }
      const behind = this.position + chunk.length;
      if (behind === manifest.size) {
        await this.#handOver(chunk);
        break;
      }
      // Comes while this one is handed over.
      coming = this.#ask(connection, behind);
      await this.#handOver(chunk);
    }
    await nextTurn();
    connection.ensureNothingMore();
    return null;
  }

  async #askManifest(connection: Connection): Promise<RemoteManifest> {
    const manifest = await remoteManifest(connection, this.name, this.options.onHashing);
    this.#requireExpected(manifest.md5);
    return manifest;
  }

  #requireExpected(md5: string): void {
    const { expect } = this.options;
    if (!expect || expect.hex === md5) return;
    const says = `not the expected file: expected md5 ${expect.hex}, the server has ${md5}`;
    throw new SealiftError('CORRUPT', `${this.name}: ${says}`);
  }

  #ask(connection: Connection, position: number): { chunk: Buffer; filled: Promise<void> } {
    const { size } = this.#manifest as RemoteManifest;
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_SIZE, size - position));
    let bytes = position;
    const filled = connection.fill(chunk, (count) => {
      bytes += count;
      this.options.onProgress?.({ bytes, size });
    });
    // Awaited when it is its turn; until then a failure must not count as unhandled.
    filled.catch(() => {});
    return { chunk, filled };
  }

  async #handOver(chunk: Buffer): Promise<void> {
    this.#md5.update(chunk);
    // Before it is handed over: what a reader got cannot be handed to it again.
    this.position += chunk.length;
    await this.options.onChunk(chunk);
  }

  #isRight(chunk: Buffer): boolean {
    const { digests } = this.#manifest as RemoteManifest;
    this.hash.reset();
    this.hash.update(chunk);
    const at = Math.floor(this.position / CHUNK_SIZE) * CHUNK_DIGEST;
    return this.hash.bytes().equals(digests.subarray(at, at + CHUNK_DIGEST));
  }

  async #mended(connection: Connection, damaged: Buffer): Promise<Buffer> {
    const range = { start: this.position, end: this.position + damaged.length };
    for (let tries = 0; tries < REFETCHES; tries++) {
      const { length } = await requestRange(connection, this.name, range, this.#manifest as RemoteManifest);
      const chunk = await connection.wholeBody(length);
      if (!this.#isRight(chunk)) continue;
      this.options.onRepair?.(repairOf(range, damageOf(damaged, chunk)));
      return chunk;
    }
    // It may be the manifest that came wrong.
    this.#manifest = await this.#sameManifest(connection);
    if (this.#isRight(damaged)) return damaged;
    const culprit = await findCulprit(connection, this.name, this.#manifest.md5);
    const says = `bytes ${range.start}-${range.end - 1} stay wrong, fetched ${REFETCHES + 1} times`;
    const handed = `nothing from byte ${range.start} on was handed over`;
    throw new SealiftError('CORRUPT', `${this.name}: ${says}; ${describeCulprit(culprit)}; ${handed}`);
  }

  async #sameManifest(connection: Connection): Promise<RemoteManifest> {
    const before = this.#manifest as RemoteManifest;
    const now = await remoteManifest(connection, this.name).catch((error) => {
      if (systemCode(error) === 'CORRUPT') return before;
      throw error;
    });
    if (now.md5 === before.md5 && now.size === before.size) return now;
    throw this.#changed();
  }

  #changed(): SealiftError {
    return new SealiftError('CHANGED', `${this.name}: it changed on the server meanwhile`);
  }
}
