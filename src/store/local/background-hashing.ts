import { systemCode } from '../../errors/index.js';
import type { DigestIndex, NamesFrom } from '../digest-index/digest-index.js';
import type { DigestKeeper } from './digest-keeper.js';
import { identityOf, isYoung, sameIdentity, sameSizeAndMtime } from './file-identity.js';
import type { ServedRoot } from './served-root.js';

const BATCH = 256;
const AT_ONCE = 4;
const STALE_MAX = 10_000;
/** A little over the age below which a digest is not kept. */
const QUIET_MS = 2_100;

/** Fills the index while nobody waits for it, so that a request finds its digest known. */
export class BackgroundHashing {
  readonly #abort = new AbortController();
  #stale = new Set<string>();
  #overflown = false;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(
    private readonly root: ServedRoot,
    private readonly index: DigestIndex,
    private readonly keeper: DigestKeeper,
    private readonly onRot: (error: unknown) => void,
  ) {}

  /** Hashes every name of the catalogue whose digest is not known, and forgets the names that are gone. */
  hashAll(): Promise<void> {
    return this.#work(() => this.#hashAll());
  }

  /** The file `name` changed; it will be hashed when it has been quiet for a while. */
  add(name: string): void {
    if (this.#abort.signal.aborted) return;
    if (this.#stale.size >= STALE_MAX) this.#overflown = true;
    else this.#stale.add(name);
    this.#timer ??= setTimeout(() => this.#hashStale(), QUIET_MS).unref();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }

  #hashStale(): void {
    this.#timer = null;
    const names = [...this.#stale];
    this.#stale = new Set();
    if (this.#overflown) {
      this.#overflown = false;
      void this.hashAll();
    } else {
      void this.#work(() => this.#hashEach(names));
    }
  }

  /** One after the other. An index that fails is told to whoever asks for a file, not here. */
  #work(task: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(task).catch(() => {});
    return this.#working;
  }

  async #hashAll(): Promise<void> {
    let from: NamesFrom = { least: '' };
    while (!this.#abort.signal.aborted) {
      await this.index.settled();
      const names = this.index.names(from, BATCH);
      const last = names.at(-1);
      if (last === undefined) return;
      await this.#hashEach(names);
      from = { behind: last };
    }
  }

  async #hashEach(names: string[]): Promise<void> {
    const queue = names.values();
    const work = async () => {
      for (const name of queue) {
        if (this.#abort.signal.aborted) return;
        await this.#hashOne(name);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async #hashOne(name: string): Promise<void> {
    const stats = await this.root.look(name);
    if (stats === null) {
      // What is only out of reach for a while must be known as rotten when it is back.
      const isLost = !this.index.get(name)?.rotten || (await this.root.isGone(name));
      return isLost ? this.index.remove(name) : undefined;
    }
    const identity = identityOf(stats);
    const record = this.index.get(name);
    const isSettled = record?.rotten ? sameSizeAndMtime : sameIdentity;
    if (record?.md5 && isSettled(record.identity, identity)) return;
    if (isYoung(identity)) return this.add(name);
    try {
      const { signal } = this.#abort;
      await this.keeper.hash(name, identity, () => this.root.open(name), { signal, background: true });
    } catch (error) {
      const code = systemCode(error);
      if (code === 'CORRUPT') this.onRot(error);
      // Any other failure is met again, and told, when somebody asks for the file.
      else if (code === 'CHANGED') this.add(name);
    }
  }
}
