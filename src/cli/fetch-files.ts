import type { FetchOptions, Sealift } from '../client/index.js';
import { EXIT_BUG, exitCodeOf, SealiftError, systemCode } from '../errors/index.js';
import { type AskedName, mayBeMany, namesBelow, namesFor } from './asked-names.js';
import { eventsFor, type FetchReporter } from './report/fetch-reporter.js';
import { withSuggestion } from './suggestion.js';

export interface FetchFilesOptions extends Omit<FetchOptions, 'signal'> {
  jobs: number;
  signal: AbortSignal;
}

/**
 * Fetches all that `asked` stands for, a few files at a time. A failure does not stop the others; returns the exit
 * code of the first one, in the order of asking.
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

/** A name to fetch; `place` is its position among all. */
interface Job extends AskedName {
  place: number;
}

class FetchRun {
  #places = 0;
  #failures = 0;
  #firstFailure = { place: Number.POSITIVE_INFINITY, exitCode: 0 };
  /** Plain names that are no files. */
  readonly #maybeFolders: { job: Job; error: unknown }[] = [];
  #serverGone: unknown = null;

  constructor(
    private readonly client: Sealift,
    private readonly options: FetchFilesOptions,
    private readonly reporter: FetchReporter,
  ) {}

  get exitCode(): number {
    return this.#firstFailure.exitCode;
  }

  async all(asked: string[]): Promise<void> {
    await this.#inParallel(this.#jobsFor(asked));
  }

  /** What was no file may be a folder; if it is none either, the file's error is told. */
  async folders(): Promise<void> {
    const { client, options } = this;
    for (const { job, error } of this.#maybeFolders) {
      const before = this.#places + this.#failures;
      const below = namesBelow(client, job.name, options.signal);
      await this.#inParallel(this.#jobs(job, below));
      const isEmpty = this.#places + this.#failures === before;
      if (isEmpty) this.#fail(job, await withSuggestion(client, job.name, error, options.signal));
    }
  }

  async #inParallel(jobs: AsyncGenerator<Job>): Promise<void> {
    const work = async () => {
      for (let next = await jobs.next(); !next.done; next = await jobs.next()) await this.#one(next.value);
    };
    await Promise.all(Array.from({ length: this.options.jobs }, work));
  }

  async *#jobsFor(asked: string[]): AsyncGenerator<Job> {
    for (const name of asked) {
      const job = { name, mayBeFolder: true, place: this.#places++ };
      if (this.#serverGone) this.#fail(job, this.#serverGone);
      else yield* this.#jobs(job, namesFor(this.client, name, this.options.signal));
    }
  }

  /** A listing that fails is the failure of what was asked for. */
  async *#jobs(asked: Job, names: AsyncGenerator<AskedName>): AsyncGenerator<Job> {
    try {
      for await (const name of names) {
        if (this.#serverGone) return;
        yield { ...name, place: this.#places++ };
      }
    } catch (error) {
      if (systemCode(error) === 'ABORTED') throw error;
      this.#fail(asked, error);
    }
  }

  async #one(job: Job): Promise<void> {
    const { client, options, reporter } = this;
    try {
      const file = await client.fetch(job.name, { ...options, ...eventsFor(reporter, job.name) });
      if (file.status === 'done') reporter.done(file);
      else reporter.skipped(file);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ABORTED') throw error;
      // A name out of a listing is a file's; to look below it would never end with a server that takes its word back.
      if (code === 'NOT_FOUND' && job.mayBeFolder) {
        if (options.output === undefined) this.#maybeFolders.push({ job, error });
        else this.#fail(job, await withSuggestion(client, job.name, error, options.signal));
        return;
      }
      this.#fail(job, error);
      // One file that cannot be had is no reason to stop; a server that is gone is.
      if (code === 'NETWORK') await client.ping('', options).catch(() => (this.#serverGone = error));
    }
  }

  #fail({ name, place }: Job, error: unknown): void {
    this.#failures++;
    if (place < this.#firstFailure.place) {
      this.#firstFailure = {
        place,
        exitCode: error instanceof SealiftError ? exitCodeOf(error.code) : EXIT_BUG,
      };
    }
    this.reporter.failed(name, error);
  }
}

/** True if more than one file may come of `asked`. */
export function isMany(asked: string[]): boolean {
  return asked.length > 1 || asked.some(mayBeMany);
}
