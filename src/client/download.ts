import { setImmediate as nextTurn } from 'node:timers/promises';
import { SealiftError, systemCode } from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
import { Announcement } from './announcement.js';
import { Assembly } from './assembly.js';
import { describeCulprit, findCulprit } from './blame.js';
import { ChunkMap, type Range } from './chunk-map.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import type { DownloadOptions, Place } from './download-options.js';
import { EarlyManifest } from './early-manifest.js';
import { PartFile } from './part-file.js';
import type { ClaimedPart } from './part-files.js';
import { versionOf } from './part-name.js';
import { remoteManifest } from './remote-manifest.js';
import { REFETCHES, RepairShop } from './repair.js';
import { WholeDigest } from './whole-digest.js';
import { WrongWhole } from './wrong-whole.js';

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
  #whole: WholeDigest | null = null;
  /** What there was to go on from, as long as it is not known to be of use; undefined until it was looked for. */
  #claimed: ClaimedPart | null | undefined;
  #foundBytes = 0;
  #wrong: WrongWhole | null = null;
  #shop: RepairShop;
  readonly #early = new EarlyManifest();
  #restarts = 0;
  #contradictions = 0;
  #isGarbled = false;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly name: string,
    private readonly place: Place,
    private readonly options: DownloadOptions,
  ) {
    this.#announced = new Announcement(name, options);
    this.#shop = this.#newShop();
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
    return this.#wrong && this.#corrupt(`${this.#wrong.describe(this.#file.md5)}; the server says no more`);
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
      await this.pool.use(this.options.signal, (connection) => this.#getAll(connection));
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
    await this.#assembly?.settled();
  }

  async #getAll(connection: Connection): Promise<void> {
    for (;;) {
      try {
        if (this.#assembly?.map.isDivided) await this.#goOn(connection);
        else if (this.#claimed) await this.#resume(connection, this.#claimed);
        else await this.#begin(connection);
        return await this.#complete(connection);
      } catch (error) {
        const reason = this.#reasonToStartOver(error);
        if (reason === null || this.#restarts++ === RESTARTS_MAX) throw error;
        if (this.part !== null) this.options.onRestart?.(reason);
        await this.#startOver();
      }
    }
  }

  /** Nothing is there, or nothing that could be gone on from: the whole file is asked for. */
  async #begin(connection: Connection): Promise<void> {
    const patience = this.#wrong ? REFETCH_PATIENCE : undefined;
    const { size, md5, root } = await this.#announced.whole(connection, patience);
    let part = this.#assembly?.part;
    await part?.truncate(0);
    // Only now: a name that the server does not have leaves no empty folders.
    const folder = await this.place.folder();
    await folder.ensureFree(size, this.place.file);
    part ??= await PartFile.create(folder, this.place.file, md5 && versionOf(md5));
    const { map } = await this.#assemble(part, size);
    if (root !== undefined && map.isDivided) this.#askManifestEarly();
    await this.#receive(connection, { start: 0, end: size });
    if (md5 === null) await this.#announced.trailer(connection);
  }

  /** An earlier fetch, or a damaged copy, left something. */
  async #resume(connection: Connection, { part, version }: ClaimedPart): Promise<void> {
    const { size, md5, digests } = await this.#announced.manifest(connection);
    if (version !== null && version !== versionOf(md5)) throw this.#announced.changed();
    if (!new ChunkMap(size).isDivided) {
      await this.#startOver();
      return this.#begin(connection);
    }
    const folder = await this.place.folder();
    await folder.ensureFree(size - part.foundBytes, this.place.file);
    if (part.foundBytes > size) await part.truncate(size);
    const assembly = await this.#assemble(part, size);
    assembly.prove(digests);
    assembly.map.found(part.foundBytes);
    this.#foundBytes = this.haveBytes;
    this.options.onResume?.({ bytes: this.haveBytes, size });
    // The network has something to do while what was found is hashed.
    assembly.lookAtFound((bytes) => {
      this.#foundBytes -= bytes;
    });
    await this.#fillGaps(connection);
  }

  /** The connection broke: what came before is there. */
  async #goOn(connection: Connection): Promise<void> {
    if (!this.#there.map.hasManifest) await this.#prove(connection);
    await this.#fillGaps(connection);
  }

  /** Until nothing is missing, nothing is bad, and the whole is right. */
  async #complete(connection: Connection): Promise<void> {
    for (;;) {
      await this.#there.looked();
      await this.#fillGaps(connection);
      if (!(await this.#shop.mendAll(this.#there, connection, this.#file))) {
        await this.#doubtManifest(connection);
        continue;
      }
      await this.#there.caughtUp();
      if (this.#there.whole.md5() === this.#announced.md5) break;
      await this.#findWrong(connection);
    }
    this.#wrong = null;
    this.#announced.requireExpected((algorithm) => this.#there.whole.hex(algorithm));
    await this.#announced.complete(connection);
    // What a server sends too much may still be on its way from the kernel.
    await nextTurn();
    connection.ensureNothingMore();
  }

  async #fillGaps(connection: Connection): Promise<void> {
    const { map } = this.#there;
    for (let gap = map.nextGap(); gap !== null; gap = map.nextGap()) {
      if (!map.isDivided) return this.#begin(connection);
      await this.#announced.range(connection, gap);
      await this.#receive(connection, gap);
    }
  }

  async #receive(connection: Connection, range: Range): Promise<void> {
    const assembly = this.#there;
    const { onProgress } = this.options;
    const { map } = assembly;
    assembly.begin(range);
    connection.startBody(range.end - range.start);
    let position = range.start;
    onProgress?.({ bytes: map.haveBytes, size: map.size });
    for (let piece = await connection.body(); piece !== null; piece = await connection.body()) {
      await assembly.take(piece, position);
      position += piece.length;
      // At the end of the range its last chunk is counted already, or is damaged.
      const inChunk = position === range.end ? 0 : position - map.range(map.indexAt(position)).start;
      onProgress?.({ bytes: map.haveBytes + inChunk, size: map.size });
    }
  }

  /** All has come, and the whole is not what was announced. */
  async #findWrong(connection: Connection): Promise<void> {
    const { map, whole } = this.#there;
    if (!map.isDivided) return this.#fetchAgain(connection);
    if (!map.hasManifest) {
      this.#wrong = new WrongWhole();
      this.#wrong.add(whole.md5(), null);
      await this.#prove(connection, whole.md5());
      this.#wrong = null;
      return;
    }
    // Every chunk is right, so what was announced is not.
    const isNews = await this.#announced.askAgain(connection);
    if (!isNews || this.#contradictions++ === RESTARTS_MAX) {
      throw this.#corrupt('the server contradicts itself: its chunk digests are not those of its MD5');
    }
  }

  /** A file of one chunk is fetched again as a whole; what was announced for it may be what is wrong. */
  async #fetchAgain(connection: Connection): Promise<void> {
    const { size, whole } = this.#there;
    const bytes = await this.#there.chunk(0);
    this.#wrong ??= new WrongWhole();
    this.#wrong.add(whole.md5(), bytes);
    // What is too large for a manifest is too large to be fetched again and again, too.
    if (this.#wrong.times > REFETCHES || size > bytes.length) throw await this.#hopeless(connection);
    await this.#begin(connection);
  }

  async #prove(connection: Connection, received?: string): Promise<void> {
    const { digests } = await this.#announced.manifest(connection, received);
    this.#there.prove(digests);
  }

  #askManifestEarly(): void {
    const assembly = this.#there;
    this.#early.ask(this.pool, this.name, this.#announced, this.options.signal, ({ digests }) => {
      if (this.#assembly === assembly && !assembly.map.hasManifest) assembly.prove(digests);
    });
  }

  /** Chunks stay wrong. Before that is said the manifest is asked for again: it may be what came wrong. */
  async #doubtManifest(connection: Connection): Promise<void> {
    const { map } = this.#there;
    const now = await remoteManifest(connection, this.name).catch((error) => {
      if (systemCode(error) === 'CORRUPT') return null;
      throw error;
    });
    const isSame = now?.md5 === this.#file.md5 && now.size === map.size;
    const isNews = isSame && !map.isManifest(now.digests);
    if (!isNews || this.#contradictions++ === RESTARTS_MAX) throw await this.#hopeless(connection);
    map.proveAgain(now.digests);
    this.#shop = this.#newShop();
  }

  async #hopeless(connection: Connection): Promise<SealiftError> {
    const culprit = await findCulprit(connection, this.name, this.#file.md5);
    const what = this.#shop.verdict ?? this.#wrong?.describe(this.#file.md5) ?? 'damaged';
    return this.#corrupt(`${what}; ${describeCulprit(culprit)}`);
  }

  /** Null if it is none. */
  #reasonToStartOver(error: unknown): string | null {
    const code = systemCode(error);
    if (code === 'CHANGED') return 'it changed on the server meanwhile';
    const isRefused = code === 'UNSUPPORTED' || code === 'TOO_LARGE';
    return isRefused && this.part !== null && !this.#wrong
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
    // What was wrong was wrong with the other file.
    this.#wrong = null;
    this.#shop = this.#newShop();
  }

  async #assemble(part: PartFile, size: number): Promise<Assembly> {
    this.#whole ??= await WholeDigest.create(this.options.expect?.algorithm);
    this.#assembly = await Assembly.create(part, size, this.#whole);
    return this.#assembly;
  }

  #newShop(): RepairShop {
    return new RepairShop(this.name, (repair) => this.options.onRepair?.(repair));
  }

  /** Size and MD5 as announced. */
  get #file(): { size: number; md5: string } {
    return this.#announced.file;
  }

  /** What is there, once something is. */
  get #there(): Assembly {
    return this.#assembly as Assembly;
  }

  #corrupt(what: string): SealiftError {
    return new SealiftError('CORRUPT', `${this.name}: ${what}; nothing was kept`);
  }
}
