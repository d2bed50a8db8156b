import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../../errors/index.js';
import type { DigestIndex, IndexEntry, NamesFrom } from '../digest-index/digest-index.js';
import type { DigestKeeper } from './digest-keeper.js';
import { identityOf, isYoung, sameIdentity, sameSizeAndMtime } from './file-identity.js';
import { FILES_MAX } from './file-job.js';
import { FileThread } from './file-thread.js';
import { FoundNames } from './found-names.js';
import type { ServedRoot } from './served-root.js';
import { type Surveyed, survey, surveyNew } from './survey.js';

/** Threads that go through the catalogue while nobody asks for anything; else one of them rests, and the other most of the time. */
const THREADS = 2;
/** So many times as long as it worked. */
const RESTS = 3;
/** A thread has the next batch while what came of the one before is written down. */
const JOBS_AHEAD = 2;
const REST_MS = 5;
/** Behind a batch that took long: a large file may have. */
const REST_MAX_MS = 1_000;
/** Fewer names are done sooner without a thread than one starts. */
const WORTH_A_THREAD = 64;
const AT_ONCE = 4;
const STALE_MAX = 10_000;
/** A little over the age below which a digest is not kept. */
const QUIET_MS = 2_100;

export interface BackgroundHashingOptions {
  /** Told of files that were found rotten. */
  onRot: (error: unknown) => void;
  /** Nobody asks for anything just now. */
  isQuiet: () => boolean;
}

/** Fills the index while nobody waits for it, so that a request finds its digest known. */
export class BackgroundHashing {
  readonly #abort = new AbortController();
  #stale = new Set<string>();
  #overflown = false;
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> = Promise.resolve();
  /** Names that a walk is coming upon. */
  #found: FoundNames | null = null;

  constructor(
    private readonly root: ServedRoot,
    private readonly index: DigestIndex,
    private readonly keeper: DigestKeeper,
    private readonly options: BackgroundHashingOptions,
  ) {}

  /** A walk begins: what it comes upon that is new is hashed while it goes on, until {@link hashAll}. */
  walkBegins(): void {
    if (this.#found || this.#abort.signal.aborted) return;
    const found = new FoundNames();
    // Names that were there before may be gone, or be other files by now.
    if (this.index.entries({ least: '' }, 1).length > 0) found.miss();
    this.#found = found;
    void this.#work(() => this.#hashFound(found));
  }

  /** A walk came upon regular files: those that are new, and whether there were others. */
  add(names: readonly string[], areAllNew: boolean): void {
    if (!areAllNew) this.#found?.miss();
    if (this.#found) this.#found.add(names);
    else for (const name of names) this.stale(name);
  }

  /** The walk did not come to its end; nor do the names that it came upon. */
  walkFailed(): void {
    this.#found?.end();
    this.#found = null;
  }

  /** Hashes every name of the catalogue whose digest is not known, and forgets the names that are gone. */
  hashAll(): Promise<void> {
    const found = this.#found;
    this.#found = null;
    found?.end();
    return this.#work(() => (found?.isWhole ? Promise.resolve() : this.#hashAll()));
  }

  /** The file `name` changed; it will be hashed when it has been quiet for a while. */
  stale(name: string): void {
    if (this.#abort.signal.aborted) return;
    if (this.#stale.size >= STALE_MAX) this.#overflown = true;
    else this.#stale.add(name);
    this.#timer ??= setTimeout(() => this.#hashStale(), QUIET_MS).unref();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#found?.end();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }

  #hashStale(): void {
    this.#timer = null;
    if (this.#overflown) return void this.hashAll();
    const names = [...this.#stale];
    this.#stale = new Set();
    void this.#work(() => this.#hashEach(names));
  }

  /** One after the other. An index that fails is told to whoever asks for a file, not here. */
  #work(task: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(task).catch(() => {});
    return this.#working;
  }

  async #hashAll(): Promise<void> {
    // They are all in the index.
    this.#stale = new Set();
    this.#overflown = false;
    const batches = this.#batches();
    const next = async (): Promise<IndexEntry[] | null> => (await batches.next()).value ?? null;
    await this.#hashBatches(next, (thread, entries) => this.#hashBatch(thread, entries));
  }

  #hashFound(found: FoundNames): Promise<void> {
    return this.#hashBatches(
      () => found.next(),
      async (thread, names) => {
        if (this.#abort.signal.aborted) return;
        if (thread) await this.#keepAll(await surveyNew(thread, names));
        else await this.#hashEach(names);
      },
    );
  }

  /** @param hash without a thread if there is too little to do for one */
  async #hashBatches<T>(
    next: () => Promise<readonly T[] | null>,
    hash: (thread: FileThread | null, batch: T[]) => Promise<void>,
  ): Promise<void> {
    const first = await next();
    if (first === null) return;
    if (first.length < WORTH_A_THREAD) return hash(null, [...first]);
    const threads = Array.from(
      { length: THREADS },
      () => new FileThread(this.root.path, { slots: JOBS_AHEAD, lateMs: null }),
    );
    let isOver = false;
    const work = async (nth: number) => {
      const thread = threads[nth % threads.length] as FileThread;
      await thread.started();
      for (let batch: readonly T[] | null = nth === 0 ? first : await next(); batch !== null; ) {
        const startedAt = performance.now();
        await hash(thread, [...batch]);
        // One goes on in any case, or a server that is never quiet would never know its files.
        const now = performance.now();
        const rest = Math.min(REST_MAX_MS, RESTS * (now - startedAt));
        const until = nth === 0 ? now + rest : Number.POSITIVE_INFINITY;
        while (!isOver && this.#mustRest() && performance.now() < until) await delay(REST_MS);
        batch = await next();
        isOver ||= batch === null;
      }
    };
    const works = Array.from({ length: THREADS * JOBS_AHEAD }, (_, nth) => work(nth));
    try {
      await Promise.all(works.map((one) => one.finally(() => (isOver = true))));
    } finally {
      await Promise.all(threads.map((thread) => thread.close()));
    }
  }

  #mustRest(): boolean {
    return !this.#abort.signal.aborted && !this.options.isQuiet();
  }

  async *#batches(): AsyncGenerator<IndexEntry[], null> {
    let from: NamesFrom = { least: '' };
    // Names that come later are told on their own.
    await this.index.settled();
    while (!this.#abort.signal.aborted) {
      const entries: IndexEntry[] = this.index.entries(from, FILES_MAX);
      const last = entries.at(-1);
      if (last === undefined) return null;
      yield entries;
      from = { behind: last.name };
    }
    return null;
  }

  async #hashBatch(thread: FileThread | null, entries: IndexEntry[]): Promise<void> {
    const accepted = entries.filter(({ name }) => this.root.accepts(name));
    if (thread) await this.#keepAll(await survey(thread, accepted));
    for (const { name } of entries) if (!this.root.accepts(name)) this.index.remove(name);
    if (!thread) await this.#hashEach(accepted.map(({ name }) => name));
  }

  async #keepAll(surveyed: Surveyed[]): Promise<void> {
    const left: string[] = [];
    for (const { name, found } of surveyed) {
      if (found === 'known') continue;
      if (found === 'young') this.stale(name);
      else if (found === 'other') left.push(name);
      else {
        try {
          this.keeper.keepRecord(name, found);
        } catch (error) {
          this.#onFailure(name, error);
        }
      }
    }
    await this.#hashEach(left);
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
    if (isYoung(identity)) return this.stale(name);
    const { signal } = this.#abort;
    try {
      await this.keeper.hash(name, identity, () => this.root.open(name), { signal, background: true });
    } catch (error) {
      this.#onFailure(name, error);
    }
  }

  #onFailure(name: string, error: unknown): void {
    const code = systemCode(error);
    if (code === 'CORRUPT') this.options.onRot(error);
    // Written to meanwhile; or hashed as it is sent, by somebody who may not come to the end.
    else if (code === 'CHANGED' || code === 'BUSY' || code === 'ABORTED') this.stale(name);
    // Any other failure is met again, and told, when somebody asks for the file.
  }
}
