import { createHash } from 'node:crypto';
import { type Blake3, CHUNK_SIZE, chunkRange, createBlake3, type ExpectedDigest } from '../digest/index.js';
import { SealiftError, systemCode } from '../errors/index.js';
import { describeCulprit, findCulprit } from './blame.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { damageOf, describeDamage } from './damage.js';
import type { DownloadEvents } from './download.js';
import { type RemoteManifest, remoteManifest } from './remote-manifest.js';
import { REFETCHES } from './repair.js';
import { requestRange } from './request-file.js';
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
  await withRetry(() => pool.use(options.signal, (connection) => stream.attempt(connection)), {
    ...pool.retrying,
    signal: options.signal,
    onRetry: options.onRetry,
    progress: () => stream.position,
  });
  return stream.result();
}

class FileStream {
  #manifest: RemoteManifest | null = null;
  /** Bytes that were handed over. */
  position = 0;
  readonly #md5 = createHash('md5');

  constructor(
    private readonly pool: ConnectionPool,
    private readonly name: string,
    private readonly options: StreamFileOptions,
    private readonly hash: Blake3,
  ) {}

  async attempt(connection: Connection): Promise<void> {
    this.#manifest ??= await this.#start(connection);
    const manifest = this.#manifest;
    const range = { start: this.position, end: manifest.size };
    if (range.start === range.end) return;
    const { type } = await requestRange(connection, this.name, range, manifest);
    if (range.start === 0) this.options.onStart?.({ size: manifest.size, type });
    connection.startBody(range.end - range.start);
    let chunk = this.#newChunk();
    let filled = 0;
    for (let piece = await connection.body(); piece !== null; piece = await connection.body()) {
      for (let at = 0; at < piece.length; ) {
        const count = piece.copy(chunk, filled, at);
        at += count;
        filled += count;
        this.options.onProgress?.({ bytes: this.position + filled, size: manifest.size });
        if (filled < chunk.length) continue;
        await this.#handOver(chunk);
        chunk = this.#newChunk();
        filled = 0;
      }
    }
    connection.ensureNothingMore();
  }

  /** @throws SealiftError CORRUPT if the whole is not the announced file although every chunk was */
  result(): { size: number; md5: string } {
    const { size, md5 } = this.#manifest as RemoteManifest;
    if (this.#md5.digest('hex') === md5) return { size, md5 };
    throw new SealiftError('CORRUPT', `${this.name}: the server's chunk digests are not those of its MD5`);
  }

  async #start(connection: Connection): Promise<RemoteManifest> {
    const manifest = await remoteManifest(connection, this.name, this.options.onHashing);
    const { expect } = this.options;
    if (expect && expect.hex !== manifest.md5) {
      const says = `not the expected file: expected md5 ${expect.hex}, the server has ${manifest.md5}`;
      throw new SealiftError('CORRUPT', `${this.name}: ${says}`);
    }
    return manifest;
  }

  #newChunk(): Buffer {
    const { start, end } = chunkRange(this.#index, (this.#manifest as RemoteManifest).size);
    return Buffer.allocUnsafeSlow(end - start);
  }

  get #index(): number {
    return Math.floor(this.position / CHUNK_SIZE);
  }

  async #handOver(received: Buffer): Promise<void> {
    const chunk = this.#isRight(received) ? received : await this.#mended(received);
    this.#md5.update(chunk);
    await this.options.onChunk(chunk);
    this.position += chunk.length;
  }

  #isRight(chunk: Buffer): boolean {
    const { digests } = this.#manifest as RemoteManifest;
    this.hash.reset();
    this.hash.update(chunk);
    const at = this.#index * this.hash.bytes().length;
    return this.hash.bytes().equals(digests.subarray(at, at + this.hash.bytes().length));
  }

  /** On a connection of its own: on this one the rest of the body is on its way. */
  async #mended(damaged: Buffer): Promise<Buffer> {
    const { signal, onRepair } = this.options;
    const range = { start: this.position, end: this.position + damaged.length };
    for (let tries = 0; tries < REFETCHES; tries++) {
      const chunk = await this.pool.use(signal, async (connection) => {
        const { length } = await requestRange(connection, this.name, range, this.#manifest as RemoteManifest);
        return connection.wholeBody(length);
      });
      if (!this.#isRight(chunk)) continue;
      const damage = damageOf(damaged, chunk);
      onRepair?.({ ...range, damage: damage ? describeDamage(damage) : 'no difference' });
      return chunk;
    }
    return this.pool.use(signal, async (connection) => {
      // It may be the manifest that came wrong.
      this.#manifest = await this.#sameManifest(connection);
      if (this.#isRight(damaged)) return damaged;
      const culprit = await findCulprit(connection, this.name, this.#manifest.md5);
      const says = `bytes ${range.start}-${range.end - 1} stay wrong, fetched ${REFETCHES + 1} times`;
      const handed = `nothing from byte ${range.start} on was handed over`;
      throw new SealiftError('CORRUPT', `${this.name}: ${says}; ${describeCulprit(culprit)}; ${handed}`);
    });
  }

  async #sameManifest(connection: Connection): Promise<RemoteManifest> {
    const before = this.#manifest as RemoteManifest;
    const now = await remoteManifest(connection, this.name).catch((error) => {
      if (systemCode(error) === 'CORRUPT') return before;
      throw error;
    });
    if (now.md5 === before.md5 && now.size === before.size) return now;
    throw new SealiftError('CHANGED', `${this.name}: it changed on the server meanwhile`);
  }
}
