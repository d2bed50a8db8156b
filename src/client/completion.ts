import { setImmediate as nextTurn } from 'node:timers/promises';
import { SealiftError, systemCode } from '../errors/index.js';
import type { Announcement } from './announcement.js';
import type { Assembly } from './assembly.js';
import { describeCulprit, findCulprit } from './blame.js';
import type { Connection } from './connection.js';
import type { DownloadOptions } from './download-options.js';
import { type RemoteManifest, remoteManifest } from './remote-manifest.js';
import { REFETCHES, RepairShop } from './repair.js';
import { WrongWhole } from './wrong-whole.js';

/** What a server says of one file otherwise each time it is asked is believed so often. */
const CONTRADICTIONS_MAX = 3;

/** Who brings bytes. */
export interface Fetcher {
  /** What is there of the file. */
  readonly there: Assembly;
  /** Its chunks are held against the manifest, and no digest of the whole is made. */
  readonly chunksDecide: boolean;
  /** Fetches the whole file once more. */
  begin(connection: Connection): Promise<unknown>;
  fillGaps(connection: Connection): Promise<void>;
}

/** Holds what has come against what was announced, and has mended what is wrong, until count and digest of the whole are right. */
export class Completion {
  /** Root of the manifest that chunks are held against. */
  #provenRoot: string | null = null;
  #wrong: WrongWhole | null = null;
  #shop: RepairShop;
  #contradictions = 0;

  constructor(
    private readonly name: string,
    private readonly announced: Announcement,
    private readonly fetcher: Fetcher,
    private readonly options: DownloadOptions,
  ) {
    this.#shop = this.#newShop();
  }

  get #there(): Assembly {
    return this.fetcher.there;
  }

  /** The whole came wrong, and comes once more. */
  get isWrong(): boolean {
    return this.#wrong !== null;
  }

  /** What came was wrong, and nothing tells where: no trouble with the network afterwards makes it less so. */
  get cameWrong(): SealiftError | null {
    return (
      this.#wrong &&
      this.#corrupt(`${this.#wrong.describe(this.announced.file.md5)}; the server says no more`)
    );
  }

  /** Compares what is there, and all that comes, with this manifest. */
  proveBy({ digests, root }: Pick<RemoteManifest, 'digests' | 'root'>): void {
    this.#there.prove(digests);
    this.#provenRoot = root;
  }

  /** Another file begins. */
  startOver(): void {
    this.#provenRoot = null;
    // What was wrong was wrong with the other file.
    this.#wrong = null;
    this.#shop = this.#newShop();
  }

  /** Until nothing is missing, nothing is bad, and the whole is right. */
  async complete(connection: Connection): Promise<void> {
    for (;;) {
      await this.#there.looked();
      await this.fetcher.fillGaps(connection);
      await this.#there.looked();
      if (this.fetcher.chunksDecide && !this.#there.map.hasManifest) await this.prove(connection);
      const isProven = this.#there.map.hasManifest;
      if (!(await this.#shop.mendAll(this.#there, connection, this.announced.file))) {
        await this.#doubtManifest(connection);
        continue;
      }
      if (this.fetcher.chunksDecide || (await this.#there.digest('md5')) === this.announced.md5) break;
      // A manifest that came while the whole was hashed has just said which chunks are bad: they are mended first.
      if (isProven || !this.#there.map.hasManifest) await this.#findWrong(connection);
    }
    this.#wrong = null;
    await this.announced.complete(connection);
    // Rule: chunks say that the file is right only where the header binds their digests.
    const isBound = () => this.#provenRoot === this.announced.root;
    if (this.fetcher.chunksDecide && !isBound()) await this.announced.askAgain(connection);
    if (this.fetcher.chunksDecide && !isBound()) {
      throw this.#corrupt('the chunk digests that came are not those that the server announced');
    }
    const { expect } = this.options;
    if (expect) this.announced.requireExpected(await this.#there.digest(expect.algorithm));
    // What a server sends too much may still be on its way from the kernel.
    await nextTurn();
    connection.ensureNothingMore();
  }

  /** All has come, and the whole is not what was announced. */
  async #findWrong(connection: Connection): Promise<void> {
    const { map } = this.#there;
    if (!map.isDivided) return this.#fetchAgain(connection);
    if (!map.hasManifest) {
      this.#wrong = new WrongWhole();
      const received = await this.#there.digest('md5');
      this.#wrong.add(received, null);
      await this.prove(connection, received);
      this.#wrong = null;
      return;
    }
    // Every chunk is right, so what was announced is not.
    const isNews = await this.announced.askAgain(connection);
    if (!isNews || this.#contradictions++ === CONTRADICTIONS_MAX) {
      throw this.#corrupt('the server contradicts itself: its chunk digests are not those of its MD5');
    }
  }

  /** A file of one chunk is fetched again as a whole; what was announced for it may be what is wrong. */
  async #fetchAgain(connection: Connection): Promise<void> {
    const { size } = this.#there;
    const bytes = await this.#there.chunk(0);
    this.#wrong ??= new WrongWhole();
    this.#wrong.add(await this.#there.digest('md5'), bytes);
    // What is too large for a manifest is too large to be fetched again and again, too.
    if (this.#wrong.times > REFETCHES || size > bytes.length) throw await this.#hopeless(connection);
    await this.fetcher.begin(connection);
  }

  /** Asks for the manifest, and compares with it. */
  async prove(connection: Connection, received?: string): Promise<void> {
    this.proveBy(await this.announced.manifest(connection, received));
  }

  /** Chunks stay wrong. Before that is said the manifest is asked for again: it may be what came wrong. */
  async #doubtManifest(connection: Connection): Promise<void> {
    const { map } = this.#there;
    const now = await remoteManifest(connection, this.name).catch((error) => {
      if (systemCode(error) === 'CORRUPT') return null;
      throw error;
    });
    const isSame = now?.md5 === this.announced.file.md5 && now.size === map.size;
    const isNews = isSame && !map.isManifest(now.digests);
    if (!isNews || this.#contradictions++ === CONTRADICTIONS_MAX) throw await this.#hopeless(connection);
    map.proveAgain(now.digests);
    this.#provenRoot = now.root;
    this.#shop = this.#newShop();
  }

  async #hopeless(connection: Connection): Promise<SealiftError> {
    const culprit = await findCulprit(connection, this.name, this.announced.file.md5);
    const what = this.#shop.verdict ?? this.#wrong?.describe(this.announced.file.md5) ?? 'damaged';
    return this.#corrupt(`${what}; ${describeCulprit(culprit)}`);
  }

  #newShop(): RepairShop {
    return new RepairShop(this.name, (repair) => this.options.onRepair?.(repair));
  }

  #corrupt(what: string): SealiftError {
    return new SealiftError('CORRUPT', `${this.name}: ${what}; nothing was kept`);
  }
}
