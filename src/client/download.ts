import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExpectedDigest } from '../digest/index.js';
import { SealiftError, systemCode } from '../errors/index.js';
import { type HashingProgress, ProtocolError, parseReply } from '../protocol/index.js';
import { Assembly } from './assembly.js';
import { cameWrong, describeCulprit, findCulprit } from './blame.js';
import { ChunkMap, type Range } from './chunk-map.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { damageOf, describeDamage } from './damage.js';
import { PartFile } from './part-file.js';
import type { ClaimedPart } from './part-files.js';
import { versionOf } from './part-name.js';
import { remoteManifest } from './remote-manifest.js';
import { remoteStat } from './remote-stat.js';
import { REFETCHES, type Repair, RepairShop } from './repair.js';
import { type FileHeader, requestFile, requestRange } from './request-file.js';
import type { TargetFolder } from './target-folder.js';
import { WholeDigest } from './whole-digest.js';

/** A file that changes while it is fetched is begun again so many times. */
const RESTARTS_MAX = 3;
/** A server that sent a file wrong answers soon when asked again, or not at all. Milliseconds. */
const REFETCH_PATIENCE = 10_000;

export interface DownloadEvents {
  /** The server announced the file; `size` in bytes. */
  onStart?: ((file: { size: number; type: string }) => void) | undefined;
  /** `bytes` that are there. After a broken connection it goes on from those that were kept. */
  onProgress?: ((progress: { bytes: number; size: number }) => void) | undefined;
  /** The server hashes the file first. */
  onHashing?: ((progress: HashingProgress) => void) | undefined;
  /** An earlier fetch left `bytes` bytes to go on from. */
  onResume?: ((from: { bytes: number; size: number }) => void) | undefined;
  /** What was there is of no use any more; `reason` in words. */
  onRestart?: ((reason: string) => void) | undefined;
  /** A damaged chunk was fetched again and is right now. */
  onRepair?: ((repair: Repair) => void) | undefined;
}

export interface DownloadOptions extends DownloadEvents {
  expect?: ExpectedDigest | undefined;
  signal?: AbortSignal | undefined;
}

/** Where the file is put together. */
export interface Place {
  /** Makes the folder, if need be. */
  folder: () => Promise<TargetFolder>;
  file: string;
  /** What is there to go on from, if anything. */
  claim: () => Promise<ClaimedPart | null>;
  /** A part file stays there for a later fetch. */
  onKept: () => void;
}

/** What the server says of the file; `md5` null while it hashes as it sends. */
type Announced = Pick<FileHeader, 'size' | 'type' | 'mtime' | 'md5' | 'root'>;

/**
 * Brings one file into a part file beside its target, over as many connections as it takes: {@link attempt} is called
 * again when one breaks, and goes on from what is there.
 */
export class Download {
  #assembly: Assembly | null = null;
  #announced: Announced | null = null;
  #whole: WholeDigest | null = null;
  /** What there was to go on from, as long as it is not known to be of use; undefined until it was looked for. */
  #claimed: ClaimedPart | null | undefined;
  #restarts = 0;
  #contradictions = 0;
  #foundBytes = 0;
  /** The file came wrong, and it cannot be told where: how often, and what the bytes of a small one were. */
  #wrong: { bytes: Buffer; received: string; times: number; damage: string } | null = null;
  #meanwhile = new AbortController();
  #isGarbled = false;
  #shop: RepairShop;

  constructor(
    private readonly pool: ConnectionPool,
    private readonly name: string,
    private readonly place: Place,
    private readonly options: DownloadOptions,
  ) {
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
    return this.#wrong && this.#corrupt(`${this.#describeWrong()}; the server says no more`);
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
      this.#meanwhile.abort();
    }
    const { size, md5, mtime } = this.#announced as Announced & { md5: string };
    return { size, md5, mtime, part: (this.#assembly as Assembly).part };
  }

  /** Resolves when nothing touches the part file any more. */
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
        // A server without manifests cannot say what of a part is right.
        const code = systemCode(error);
        const isHere = this.#assembly !== null || Boolean(this.#claimed);
        const isUseless = isHere && !this.#wrong && (code === 'UNSUPPORTED' || code === 'TOO_LARGE');
        if ((code !== 'CHANGED' && !isUseless) || this.#restarts++ === RESTARTS_MAX) throw error;
        await this.#startOver(
          isUseless ? 'the server cannot tell what of it is right' : 'it changed on the server meanwhile',
        );
      }
    }
  }

  /** Nothing is there: the whole file is asked for. */
  async #begin(connection: Connection): Promise<void> {
    const header = await requestFile(connection, this.name, this.#wrong ? REFETCH_PATIENCE : undefined);
    this.#announce(header);
    const { size, md5, root } = header;
    if (this.#assembly === null) {
      // Only now: a name that the server does not have leaves no empty folders.
      const folder = await this.place.folder();
      await folder.ensureFree(size, this.place.file);
      const part = await PartFile.create(folder, this.place.file, md5 && versionOf(md5));
      await this.#assemble(part, size);
    } else {
      const { part } = this.#assembly;
      await part.truncate(0);
      await this.#assemble(part, size);
    }
    if (root !== undefined && this.#assembly?.map.isDivided) this.#proveMeanwhile(md5, root);
    await this.#receive(connection, { start: 0, end: size });
    if (md5 === null)
      this.#announce({ ...header, md5: parseReply('trailer', await connection.header()).md5 });
  }

  /** An earlier fetch, or a damaged copy, left something. */
  async #resume(connection: Connection, { part, version }: ClaimedPart): Promise<void> {
    const { size, md5, digests } = await remoteManifest(connection, this.name, this.options.onHashing);
    const isOther = version !== null && version !== versionOf(md5);
    if (isOther || !new ChunkMap(size).isDivided) throw this.#changed();
    const folder = await this.place.folder();
    await folder.ensureFree(size - part.foundBytes, this.place.file);
    if (part.foundBytes > size) await part.truncate(size);
    await this.#assemble(part, size);
    this.#announced = { size, md5, mtime: 0, type: '' };
    const assembly = this.#assembly as Assembly;
    const { map } = assembly;
    assembly.prove(digests);
    map.found(part.foundBytes);
    this.#foundBytes = map.haveBytes;
    this.options.onResume?.({ bytes: map.haveBytes, size });
    // The network has something to do while what was found is hashed.
    assembly.lookAtFound((bytes) => {
      this.#foundBytes -= bytes;
    });
    await this.#fillGaps(connection);
  }

  /** The connection broke: what came before is there. */
  async #goOn(connection: Connection): Promise<void> {
    const { map } = this.#assembly as Assembly;
    if (!map.hasManifest) await this.#prove(connection);
    await this.#fillGaps(connection);
  }

  /** Until nothing is missing, nothing is bad, and the whole is right. */
  async #complete(connection: Connection): Promise<void> {
    for (;;) {
      const assembly = this.#assembly as Assembly;
      await assembly.looked();
      await this.#fillGaps(connection);
      const isMended = await this.#shop.mendAll(assembly, connection, this.#knownFile());
      if (!isMended) {
        await this.#giveUp(connection);
        continue;
      }
      await assembly.caughtUp();
      if (this.#wholeDigest.md5() === this.#announced?.md5) break;
      await this.#findWrong(connection);
    }
    this.#wrong = null;
    this.#requireExpected();
    if (this.#announced?.type === '') await this.#askFacts(connection);
    // What a server sends too much may still be on its way from the kernel.
    await nextTurn();
    connection.ensureNothingMore();
  }

  async #fillGaps(connection: Connection): Promise<void> {
    const assembly = this.#assembly as Assembly;
    for (let gap = assembly.map.nextGap(); gap !== null; gap = assembly.map.nextGap()) {
      if (!assembly.map.isDivided) return this.#begin(connection);
      this.#announce(await requestRange(connection, this.name, gap, this.#knownFile()));
      await this.#receive(connection, gap);
    }
  }

  async #receive(connection: Connection, range: Range): Promise<void> {
    const assembly = this.#assembly as Assembly;
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
    const assembly = this.#assembly as Assembly;
    const { map } = assembly;
    if (!map.isDivided) return this.#fetchAgain(connection);
    if (!map.hasManifest) {
      const received = this.#wholeDigest.md5();
      this.#wrong = { bytes: Buffer.alloc(0), received, times: 1, damage: 'other data' };
      await this.#prove(connection);
      this.#wrong = null;
      return;
    }
    // Every chunk is right, so what was announced is not.
    const now = await remoteStat(connection, this.name, { onHashing: this.options.onHashing });
    if (now.size !== map.size) throw this.#changed();
    if (now.md5 === this.#announced?.md5 || this.#contradictions++ === RESTARTS_MAX) {
      throw this.#corrupt('the server contradicts itself: its chunk digests are not those of its MD5');
    }
    this.#announce(now);
  }

  /** A file of one chunk is fetched again as a whole; what was announced for it may be what is wrong. */
  async #fetchAgain(connection: Connection): Promise<void> {
    const assembly = this.#assembly as Assembly;
    const { length } = this.#wrong?.bytes ?? { length: 0 };
    const bytes = await assembly.chunk(0);
    const damage = this.#wrong && length === bytes.length ? damageOf(this.#wrong.bytes, bytes) : null;
    const words = damage ? `${describeDamage(damage)}, not the same each time` : 'other data';
    const received = this.#wholeDigest.md5();
    this.#wrong = { bytes, received, times: (this.#wrong?.times ?? 0) + 1, damage: words };
    if (this.#wrong.times > REFETCHES || assembly.size > bytes.length) throw await this.#hopeless(connection);
    await this.#begin(connection);
  }

  async #prove(connection: Connection): Promise<void> {
    const announced = this.#announced as Announced;
    let manifest = await remoteManifest(connection, this.name, this.options.onHashing);
    // One of the two is damaged. The MD5 decides in the end; the manifest only says which chunk to fetch again.
    if (announced.root !== undefined && announced.root !== manifest.root) {
      manifest = await remoteManifest(connection, this.name);
    }
    const { size, md5, digests } = manifest;
    const isSame = announced.md5 === null || announced.md5 === md5 || this.#wholeDigest.md5() === md5;
    if (size !== announced.size || !isSame) throw this.#changed();
    this.#announced = { ...announced, md5 };
    (this.#assembly as Assembly).prove(digests);
  }

  /** So that a bad chunk shows when it arrives. Without it, it shows at the end. */
  #proveMeanwhile(md5: string | null, root: string): void {
    const assembly = this.#assembly as Assembly;
    this.#meanwhile = new AbortController();
    const { signal } = this.options;
    const ending = signal ? AbortSignal.any([signal, this.#meanwhile.signal]) : this.#meanwhile.signal;
    this.pool
      .use(ending, (connection) => remoteManifest(connection, this.name))
      .then((manifest) => {
        const isCurrent = this.#assembly === assembly && !assembly.map.hasManifest && !ending.aborted;
        if (isCurrent && manifest.md5 === md5 && manifest.root === root) assembly.prove(manifest.digests);
      })
      .catch(() => {});
  }

  /** Chunks stay wrong: before that is said, the manifest is looked at again, which may have come wrong itself. */
  async #giveUp(connection: Connection): Promise<void> {
    const { map } = this.#assembly as Assembly;
    const now = await remoteManifest(connection, this.name).catch((error) => {
      if (systemCode(error) === 'CORRUPT') return null;
      throw error;
    });
    const isSame = now?.md5 === this.#knownFile().md5 && now.size === map.size;
    const isOther = isSame && !map.isManifest(now.digests);
    if (!isOther || this.#contradictions++ === RESTARTS_MAX) throw await this.#hopeless(connection);
    map.proveAgain(now.digests);
    this.#shop = this.#newShop();
  }

  async #hopeless(connection: Connection): Promise<SealiftError> {
    const { md5 } = this.#knownFile();
    const culprit = await findCulprit(connection, this.name, md5);
    return this.#corrupt(`${this.#shop.verdict ?? this.#describeWrong()}; ${describeCulprit(culprit)}`);
  }

  #describeWrong(): string {
    if (!this.#wrong) return 'damaged';
    const { received, times, damage } = this.#wrong;
    return `${cameWrong(this.#knownFile().md5, received, times)} (${damage})`;
  }

  /** All was there from before, and only the digests are known: the time is still to be asked for. */
  async #askFacts(connection: Connection): Promise<void> {
    const now = await remoteStat(connection, this.name, {});
    if (now.md5 !== this.#announced?.md5) throw this.#changed();
    this.#announce(now);
  }

  #newShop(): RepairShop {
    return new RepairShop(this.name, (repair) => this.options.onRepair?.(repair));
  }

  async #assemble(part: PartFile, size: number): Promise<void> {
    this.#whole ??= await WholeDigest.create(this.options.expect?.algorithm);
    this.#assembly = await Assembly.create(part, size, this.#whole);
  }

  async #startOver(reason: string): Promise<void> {
    if (this.haveBytes > 0 || this.part?.foundBytes) this.options.onRestart?.(reason);
    await this.settled();
    await this.part?.discard();
    this.#meanwhile.abort();
    this.#assembly = null;
    this.#claimed = null;
    this.#announced = null;
    this.#foundBytes = 0;
    // What was wrong was wrong with the other file.
    this.#wrong = null;
    this.#shop = this.#newShop();
  }

  #announce({ size, type, mtime, md5, root }: Announced): void {
    if (this.#announced === null || this.#announced.type === '') this.options.onStart?.({ size, type });
    this.#announced = { size, type, mtime, md5, root };
    const { expect } = this.options;
    if (expect?.algorithm === 'md5' && md5 !== null) this.#requireSame(expect, md5);
  }

  #requireExpected(): void {
    const { expect } = this.options;
    if (expect) this.#requireSame(expect, this.#wholeDigest.hex(expect.algorithm));
  }

  #requireSame({ algorithm, hex }: ExpectedDigest, found: string): void {
    if (hex === found) return;
    throw this.#corrupt(`not the expected file: expected ${algorithm} ${hex}, the server has ${found}`);
  }

  #knownFile(): { size: number; md5: string } {
    const { size, md5 } = this.#announced as Announced;
    return { size, md5: md5 ?? '' };
  }

  get #wholeDigest(): WholeDigest {
    return this.#whole as WholeDigest;
  }

  #changed(): SealiftError {
    return new SealiftError('CHANGED', `${this.name}: it changed on the server meanwhile`);
  }

  #corrupt(what: string): SealiftError {
    return new SealiftError('CORRUPT', `${this.name}: ${what}; nothing was kept`);
  }
}
