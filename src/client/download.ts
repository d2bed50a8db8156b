import { SealiftError, systemCode } from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
import { Announcement } from './announcement.js';
import { Assembly } from './assembly.js';
import { ChunkMap } from './chunk-map.js';
import { Completion, type Fetcher } from './completion.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import type { DownloadOptions, Place } from './download-options.js';
import { EarlyManifest } from './early-manifest.js';
import { PartFile } from './part-file.js';
import type { ClaimedPart } from './part-files.js';
import { versionOf } from './part-name.js';
import { Transfer } from './transfer.js';
import { WholeDigest } from './whole-digest.js';

/** A file that changes while it is fetched is begun again so many times. */
const RESTARTS_MAX = 3;
/** A server that sent a file wrong answers soon when asked again, or not at all. Milliseconds. */
const REFETCH_PATIENCE = 10_000;

/**
 * Brings one file into a part file beside its target, over as many connections as it takes: {@link attempt} is called
 * again when one breaks, and goes on from what is there.
 */
export class Download {
  readonly #announced: Announcement;
  #assembly: Assembly | null = null;
  #transfer: Transfer | null = null;
  #whole: WholeDigest | null = null;
  /** What there was to go on from, as long as it is not known to be of use; undefined until it was looked for. */
  #claimed: ClaimedPart | null | undefined;
  #foundBytes = 0;
  readonly #completion: Completion;
  readonly #early = new EarlyManifest();
  #restarts = 0;
  #isGarbled = false;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly name: string,
    private readonly place: Place,
    private readonly options: DownloadOptions,
  ) {
    this.#announced = new Announcement(name, options);
    this.#completion = new Completion(name, this.#announced, this.#fetcher(), options);
  }

  /** Bytes that are there and not known to be wrong. */
  get haveBytes(): number {
    return this.#assembly?.map.haveBytes ?? 0;
  }

  /** Bytes that an earlier fetch left and that were right. */
  get resumedFrom(): number {
    return this.#foundBytes;
  }

  get part(): PartFile | null {
    return this.#assembly?.part ?? this.#claimed?.part ?? null;
  }

  /** What came was wrong, and nothing tells where: no trouble with the network afterwards makes it less so. */
  get cameWrong(): SealiftError | null {
    return this.#completion.cameWrong;
  }

  /** What is there is worth keeping for a later fetch. */
  get isResumable(): boolean {
    if (!this.#assembly) return Boolean(this.#claimed);
    return this.#assembly.map.isDivided && this.haveBytes > 0;
  }

  /** One try. When it resolves, the part file is the announced file; returns what is to be told of it. */
  async attempt(): Promise<{ size: number; md5: string; mtime: number; part: PartFile }> {
    if (this.#claimed === undefined) this.#claimed = await this.place.claim();
    try {
      await this.#getAll();
    } catch (error) {
      // One garbled frame in the middle of a good transfer is a broken connection; a second is a broken server.
      if (!(error instanceof ProtocolError) || !this.#assembly || this.#isGarbled) throw error;
      this.#isGarbled = true;
      throw new SealiftError('NETWORK', error.message, { cause: error });
    } finally {
      this.#early.stop();
    }
    return { ...this.#file, mtime: this.#announced.mtime, part: this.#there.part };
  }

  /** Gives up what is under way; resolves when nothing touches the part file any more. */
  async settled(): Promise<void> {
    await this.#transfer?.end();
    await this.#assembly?.settled();
  }

  /** Lets go of what it holds besides the part file. */
  close(): void {
    this.#whole?.close();
  }

  async #getAll(): Promise<void> {
    for (;;) {
      try {
        if (await this.#use((connection) => this.#bring(connection))) return;
        await this.#transfer?.done();
        return await this.#use((connection) => this.#completion.complete(connection));
      } catch (error) {
        await this.#transfer?.end();
        const reason = this.#reasonToStartOver(error);
        if (reason === null || this.#restarts++ === RESTARTS_MAX) throw error;
        if (this.part !== null) this.options.onRestart?.(reason);
        await this.#startOver();
      }
    }
  }

  /** False if the connection was given up, as others bring the rest. */
  async #bring(connection: Connection): Promise<boolean> {
    if (this.#assembly?.map.isDivided) await this.#goOn(connection);
    else if (this.#claimed) await this.#resume(connection, this.#claimed);
    else if (!(await this.#begin(connection))) return false;
    await this.#completion.complete(connection);
    return true;
  }

  #use<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.pool.use(this.options.signal, use);
  }

  /** Nothing is there, or nothing that could be gone on from: the whole file is asked for. False as {@link #bring}. */
  async #begin(connection: Connection): Promise<boolean> {
    const patience = this.#completion.isWrong ? REFETCH_PATIENCE : undefined;
    const { size, md5, root } = await this.#announced.whole(connection, patience);
    let part = this.#assembly?.part;
    await part?.truncate(0);
    // Only now: a name that the server does not have leaves no empty folders.
    const folder = await this.place.folder();
    await folder.ensureFree(size, this.place.file);
    part ??= await PartFile.create(folder, this.place.file, md5 && versionOf(md5));
    const { map } = await this.#assemble(part, size);
    if (root !== undefined && map.isDivided) this.#askManifestEarly();
    const isAll = await this.#bringing.whole(connection);
    // Only what is on disk counts.
    await this.#there.looked();
    if (md5 === null) await this.#announced.trailer(connection);
    return isAll;
  }

  /** An earlier fetch, or a damaged copy, left something. */
  async #resume(connection: Connection, { part, version }: ClaimedPart): Promise<void> {
    const manifest = await this.#announced.manifest(connection);
    const { size, md5 } = manifest;
    if (version !== null && version !== versionOf(md5)) throw this.#announced.changed();
    if (!new ChunkMap(size).isDivided) {
      await this.#startOver();
      await this.#begin(connection);
      return;
    }
    const folder = await this.place.folder();
    await folder.ensureFree(size - part.foundBytes, this.place.file);
    if (part.foundBytes > size) await part.truncate(size);
    const assembly = await this.#assemble(part, size);
    this.#completion.proveBy(manifest);
    assembly.map.found(part.foundBytes);
    this.#foundBytes = this.haveBytes;
    this.options.onResume?.({ bytes: Math.min(this.haveBytes, part.foundOnDisk), size });
    // The network has something to do while what was found is hashed.
    assembly.lookAtFound((bytes) => {
      this.#foundBytes -= bytes;
    });
    await this.#fillGaps(connection);
  }

  /** The connection broke: what came before is there. */
  async #goOn(connection: Connection): Promise<void> {
    await this.#there.looked();
    if (!this.#there.map.hasManifest) await this.#completion.prove(connection);
    await this.#fillGaps(connection);
  }

  async #fillGaps(connection: Connection): Promise<void> {
    const { map } = this.#there;
    while (map.nextGap() !== null) {
      if (map.isDivided) await this.#bringing.gaps(connection);
      else await this.#begin(connection);
    }
  }

  #askManifestEarly(): void {
    const assembly = this.#there;
    this.#early.ask(this.pool, this.name, this.#announced, this.options.signal, (manifest) => {
      if (this.#assembly === assembly && !assembly.map.hasManifest) this.#completion.proveBy(manifest);
    });
  }

  /** Null if it is none. */
  #reasonToStartOver(error: unknown): string | null {
    const code = systemCode(error);
    if (code === 'CHANGED') return 'it changed on the server meanwhile';
    const isRefused = code === 'UNSUPPORTED' || code === 'TOO_LARGE';
    return isRefused && this.part !== null && !this.#completion.isWrong
      ? 'the server cannot tell what of it is right'
      : null;
  }

  async #startOver(): Promise<void> {
    this.#early.stop();
    await this.settled();
    await this.part?.discard();
    this.#announced.forget();
    this.#assembly = null;
    this.#claimed = null;
    this.#foundBytes = 0;
    this.#completion.startOver();
  }

  async #assemble(part: PartFile, size: number): Promise<Assembly> {
    this.#whole ??= this.#chunksDecide(size)
      ? null
      : await WholeDigest.create(this.options.expect?.algorithm, size);
    this.#assembly = await Assembly.create(part, size, this.#whole);
    this.#transfer = new Transfer(this.pool, this.#announced, this.#assembly, this.options);
    return this.#assembly;
  }

  #chunksDecide(size: number): boolean {
    const { digest, expect } = this.options;
    const isBound = this.#announced.root !== undefined || this.#claimed !== null;
    return digest === 'blake3' && expect === undefined && isBound && new ChunkMap(size).isDivided;
  }

  #fetcher(): Fetcher {
    const download = this;
    return {
      get there() {
        return download.#there;
      },
      get chunksDecide() {
        return download.#whole === null;
      },
      begin: (connection) => this.#begin(connection),
      fillGaps: (connection) => this.#fillGaps(connection),
    };
  }

  /** Size and MD5 as announced. */
  get #file(): { size: number; md5: string } {
    return this.#announced.file;
  }

  get #bringing(): Transfer {
    return this.#transfer as Transfer;
  }

  /** What is there, once something is. */
  get #there(): Assembly {
    return this.#assembly as Assembly;
  }
}
