import { abortedError, systemCode } from '../../errors/index.js';
import { type Entry, isName } from '../../protocol/index.js';
import type { ConnectionPool } from '../connection-pool.js';
import type { FetchEvents, FetchedFile } from '../fetch-file.js';
import type { PartFiles } from '../part-files.js';
import type { LandingEvents } from './landing.js';
import { lookUp } from './look-up.js';
import { Slots } from './slots.js';
import type { VerifiedFile } from './small-part.js';
import { SmallPipeline } from './small-pipeline.js';
import { SmallTargets } from './small-targets.js';
import { TimeSlices } from './time-slices.js';
import { type ManyFilesOptions, type SmallFile, smallFile, type WantedFile } from './wanted-file.js';
import { WorkQueue } from './work-queue.js';

/** Files that wait, of each kind: enough to keep a connection busy while the next page of a listing is on its way. */
const WAITING_MAX = 1_000;

/** As few are fetched as soon as they could be looked up. */
const LOOKED_UP_MIN = 8;

/** What a run of many files uses of its client. */
export interface ManyFilesClient {
  pool: ConnectionPool;
  parts: PartFiles;
  /** Fetches one file with all care: looks at what is there, repairs, resumes, tries again. */
  fetch: (name: string, events: FetchEvents) => Promise<FetchedFile>;
  ping: () => Promise<unknown>;
}

export type ManyFilesSettings<T extends WantedFile> = ManyFilesOptions<T> &
  Required<Pick<ManyFilesOptions<T>, 'dir' | 'force' | 'fsync' | 'jobs' | 'ownsProcess'>>;

/**
 * Fetches many files: the small ones with many requests ahead of the replies, each of the others by itself, some at a
 * time. A small one is written when all of it is verified; with whatever is out of the ordinary it goes the way of the others.
 */
export class ManyFiles<T extends WantedFile> {
  readonly #small = new WorkQueue<SmallFile<T>>();
  readonly #single = new WorkQueue<T>();
  readonly #slots: Slots;
  readonly #targets: SmallTargets;
  readonly #pipelines: Promise<void>[] = [];
  #failure: { error: unknown } | null = null;
  #isPipelined = true;
  #isStopped = false;

  constructor(
    private readonly client: ManyFilesClient,
    private readonly options: ManyFilesSettings<T>,
  ) {
    this.#slots = new Slots(options.jobs);
    this.#targets = new SmallTargets(client.parts, options);
  }

  /** @throws SealiftError ABORTED, or NETWORK when the server is gone: some files were told nothing of then */
  async run(pages: AsyncIterable<readonly T[]>): Promise<void> {
    const { signal, jobs } = this.options;
    const onAbort = () => this.#stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const singles = Array.from({ length: jobs }, () => this.#guarded(() => this.#fetchSingles()));
    try {
      this.#startPipeline();
      await this.#guarded(() => this.#takeIn(pages));
      this.#small.close();
      // One may have started another.
      for (let n = 0; n < this.#pipelines.length; n++) await this.#pipelines[n];
      await this.#targets.settled();
      this.#single.close();
      await Promise.all(singles);
      await this.#targets.settled();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#targets.close();
    }
    if (this.#failure) throw this.#failure.error;
    if (this.#isStopped) throw abortedError(signal);
  }

  async #takeIn(pages: AsyncIterable<readonly T[]>): Promise<void> {
    const slices = new TimeSlices();
    for await (const page of pages) {
      const found = await this.#entriesOf(page);
      for (const wanted of page) {
        const sorting = this.#sort(wanted, wanted.entry ?? found.get(wanted.name));
        if (sorting) await sorting;
        if (this.#isStopped) return;
        if (slices.isOver) await slices.next();
      }
    }
  }

  /** Entries of files that came without one, by name, where they are so many that it pays to ask. */
  async #entriesOf(page: readonly T[]): Promise<Map<string, Entry>> {
    const unlisted = page.filter(({ name, entry }) => entry === undefined && isName(name));
    if (unlisted.length <= LOOKED_UP_MIN) return new Map();
    const names = unlisted.map(({ name }) => name);
    return this.#slots.during(() => lookUp(this.client.pool, names, this.options.signal));
  }

  /** To be awaited before the next one, if there is something to await. */
  #sort(wanted: T, entry: Entry | undefined): Promise<void> | undefined {
    const small = this.#isPipelined && isName(wanted.name) ? smallFile(wanted, entry) : null;
    const found = small ? this.#look(small) : 'other';
    if (small && found === 'same') return this.#keep(small);
    const isToBeAsked = found === 'none' || (found === 'differs' && this.options.force);
    if (small && isToBeAsked) return this.#small.pushWhen(WAITING_MAX, small);
    return this.#single.pushWhen(WAITING_MAX, wanted);
  }

  #look(small: SmallFile<T>) {
    try {
      return this.#targets.look(small);
    } catch (error) {
      return isForeseen(error, 'other');
    }
  }

  async #keep(small: SmallFile<T>): Promise<void> {
    const { md5, size } = small.entry as { md5: string; size: number };
    try {
      await this.#targets.keep(small, this.#eventsOf(small, { status: 'skipped', size, md5 }));
    } catch (error) {
      this.#single.push(isForeseen(error, small.wanted));
    }
  }

  #startPipeline(): void {
    const { pool } = this.client;
    const pipeline = new SmallPipeline<T>(pool, this.#small, this.#slots, this.options.signal, {
      started: (small, { size, type }) => {
        small.events = this.options.events?.(small.wanted);
        small.events?.onStart?.({ size, type });
      },
      verified: (small, file) => this.#land(small, file),
      surprised: ({ wanted }) => this.#single.push(wanted),
      isFar: () => {
        if (this.#slots.hasFree && this.#pipelines.length < this.options.jobs - 1) this.#startPipeline();
      },
    });
    const run = async () => {
      if (await pipeline.run()) return;
      this.#isPipelined = false;
      for (let small = this.#small.shift(); small; small = this.#small.shift())
        this.#single.push(small.wanted);
    };
    this.#pipelines.push(this.#guarded(run));
  }

  #land(small: SmallFile<T>, file: VerifiedFile): Promise<void> | undefined {
    const { md5, body } = file;
    const size = body.length;
    small.events?.onProgress?.({ bytes: size, size });
    const again = (error: unknown) => this.#single.push(isForeseen(error, small.wanted));
    try {
      return this.#targets
        .land(small, file, this.#eventsOf(small, { status: 'done', size, md5 }))
        ?.catch(again);
    } catch (error) {
      return void again(error);
    }
  }

  #eventsOf(
    { wanted, name, askedAt }: SmallFile<T>,
    { status, size, md5 }: Pick<FetchedFile, 'status' | 'size' | 'md5'>,
  ): LandingEvents {
    const { onDone, onFailed } = this.options;
    return {
      landed: (path) => {
        const seconds = (performance.now() - askedAt) / 1_000;
        onDone?.({ status, name, path, size, md5, seconds, resumedFrom: 0 }, wanted);
      },
      failed: (error) => {
        // Somebody else brought a file here meanwhile: it may be the one that is wanted.
        if (systemCode(error) === 'EXISTS') this.#single.push(wanted);
        else if (systemCode(error) !== 'ABORTED') onFailed?.(error, wanted);
      },
    };
  }

  async #fetchSingles(): Promise<void> {
    while (await this.#single.hasNext()) {
      await this.#slots.during(async () => {
        const wanted = this.#isStopped ? undefined : this.#single.shift();
        if (wanted) await this.#fetchSingle(wanted);
      });
      if (this.#isStopped) return;
    }
  }

  async #fetchSingle(wanted: T): Promise<void> {
    const { onDone, onFailed, events } = this.options;
    let file: FetchedFile;
    try {
      file = await this.client.fetch(wanted.name, events?.(wanted) ?? {});
      // This run made the folder, perhaps, and its name is still to be synced.
      await this.#targets.safe(wanted.name);
    } catch (error) {
      if (systemCode(error) === 'ABORTED') throw error;
      onFailed?.(error, wanted);
      // One file that cannot be had is no reason to stop; a server that is gone is.
      if (systemCode(error) === 'NETWORK') await this.client.ping().catch(() => this.#fail(error));
      return;
    }
    onDone?.(file, wanted);
  }

  /** Nothing more is begun. */
  #stop(): void {
    this.#isStopped = true;
    if (this.options.signal?.aborted) this.#targets.giveUp();
    this.#small.close();
    this.#single.close();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop();
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }
}

/** Passes `value` on where the error is one of the system or of a peer, and not a bug. */
function isForeseen<V>(error: unknown, value: V): V {
  if (systemCode(error) === undefined) throw error;
  return value;
}
