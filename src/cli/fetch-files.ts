import type { Sealift } from '../client/index.js';
import { EXIT_BUG, exitCodeOf, SealiftError, systemCode } from '../errors/index.js';
import { type AskedName, mayBeMany, namesBelow, namesFor, plainName } from './asked-names.js';
import { eventsFor, type FetchReporter } from './report/fetch-reporter.js';
import { withSuggestion } from './suggestion.js';

export interface FetchFilesOptions {
  dir?: string;
  force: boolean;
  fsync: boolean;
  digest: 'md5' | 'blake3';
  connections?: number;
  jobs: number;
  signal: AbortSignal;
}

/**
 * Fetches all that `asked` stands for. A failure does not stop the others; returns the exit code of the first one, in the
 * order of asking.
 */
export async function fetchFiles(
  client: Sealift,
  asked: string[],
  options: FetchFilesOptions,
  reporter: FetchReporter,
): Promise<number> {
  const run = new FetchRun(client, options, reporter);
  await run.all(asked);
  await run.folders();
  return run.exitCode;
}

/** Names that may come of one that was asked for: places go on behind them. */
const PLACES = 2 ** 32;

/** A name to fetch; `place` is its position among all. */
interface Job extends AskedName {
  place: number;
  /** It is out of a listing, and has not begun. */
  isAhead?: boolean;
}

class FetchRun {
  #firstFailure = { place: Number.POSITIVE_INFINITY, exitCode: 0 };
  /** Plain names that are no files. */
  readonly #maybeFolders: { job: Job; error: unknown }[] = [];
  /** What was asked for, and nothing was told of yet. */
  readonly #untold = new Set<Job>();

  constructor(
    private readonly client: Sealift,
    private readonly options: FetchFilesOptions,
    private readonly reporter: FetchReporter,
  ) {}

  get exitCode(): number {
    return this.#firstFailure.exitCode;
  }

  async all(asked: string[]): Promise<void> {
    const jobs = asked.map((name, at) => ({ name, place: at * PLACES }));
    for (const job of jobs) this.#untold.add(job);
    await this.#fetch(this.#pagesFor(jobs));
  }

  /** What was no file may be a folder; if it is none either, the file's error is told. */
  async folders(): Promise<void> {
    const { client, options } = this;
    for (const { job, error } of this.#maybeFolders.sort((a, b) => a.job.place - b.job.place)) {
      this.#untold.add(job);
      await this.#fetch(this.#pages(job, namesBelow(client, job.name, options.signal)));
      if (!this.#untold.has(job)) continue;
      this.#fail(job, await withSuggestion(client, job.name, error, options.signal));
    }
  }

  /** A server that is gone fails all that was asked for and not heard of; of files below a folder it is told once. */
  async #fetch(pages: AsyncGenerator<Job[]>): Promise<void> {
    const { client, options, reporter } = this;
    try {
      await client.fetchMany(pages, {
        ...options,
        ownsProcess: true,
        events: (job) => eventsFor(reporter, job.name, () => this.#begins(job)),
        onDone: (file, job) => {
          this.#begins(job);
          this.#untold.delete(job);
          if (file.status === 'done') reporter.done(file);
          else reporter.skipped(file);
        },
        onFailed: (error, job) => this.#failed(job, error),
      });
    } catch (error) {
      if (systemCode(error) !== 'NETWORK') throw error;
      for (const job of this.#untold) this.#fail(job, error);
    }
  }

  async *#pagesFor(asked: Job[]): AsyncGenerator<Job[]> {
    yield asked
      .filter(({ name }) => !mayBeMany(name))
      .map((job) => {
        const plain = { ...job, name: plainName(job.name) };
        this.#untold.delete(job);
        this.#untold.add(plain);
        return plain;
      });
    for (const job of asked) {
      if (mayBeMany(job.name)) yield* this.#pages(job, namesFor(this.client, job.name, this.options.signal));
    }
  }

  /** A listing that fails is the failure of what was asked for. */
  async *#pages(asked: Job, names: AsyncGenerator<AskedName[]>): AsyncGenerator<Job[]> {
    let { place } = asked;
    try {
      for await (const page of names) {
        if (page.length > 0) this.#untold.delete(asked);
        const bytes = page.reduce((sum, { entry }) => sum + (entry?.size ?? 0), 0);
        this.reporter.expect(page.length, bytes);
        // Each by its fields: to spread an object costs more than all else here.
        yield page.map(({ name, entry }) => ({ name, entry, place: ++place, isAhead: true }));
      }
    } catch (error) {
      if (systemCode(error) === 'ABORTED') throw error;
      this.#fail(asked, error);
    }
  }

  #begins(job: Job): void {
    if (!job.isAhead) return;
    job.isAhead = false;
    this.reporter.expect(-1, -(job.entry?.size ?? 0));
  }

  #failed(job: Job, error: unknown): void {
    // A name out of a listing is a file's; to look below it would never end with a server that takes its word back.
    if (systemCode(error) === 'NOT_FOUND' && !job.entry) {
      this.#untold.delete(job);
      this.#maybeFolders.push({ job, error });
    } else this.#fail(job, error);
  }

  #fail(job: Job, error: unknown): void {
    this.#untold.delete(job);
    this.#begins(job);
    if (job.place < this.#firstFailure.place) {
      this.#firstFailure = {
        place: job.place,
        exitCode: error instanceof SealiftError ? exitCodeOf(error.code) : EXIT_BUG,
      };
    }
    this.reporter.failed(job.name, error);
  }
}

/** True if more than one file may come of `asked`. */
export function isMany(asked: string[]): boolean {
  return asked.length > 1 || asked.some(mayBeMany);
}
