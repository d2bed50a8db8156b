import type { FetchOptions, Sealift } from '../client/index.js';
import { EXIT_BUG, exitCodeOf, SealiftError, systemCode } from '../errors/index.js';
import { mayBeMany, namesBelow, namesFor, plainName } from './asked-names.js';
import type { FetchReporter } from './report/fetch-reporter.js';
import { withSuggestion } from './suggestion.js';

export interface FetchFilesOptions extends Omit<FetchOptions, 'signal'> {
  jobs: number;
  signal: AbortSignal;
}

/**
 * Fetches all that `asked` stands for, a few files at a time. A failure does not stop the others; returns the exit
 * code of the first one.
 */
export async function fetchFiles(
  client: Sealift,
  asked: string[],
  options: FetchFilesOptions,
  reporter: FetchReporter,
): Promise<number> {
  const { jobs, signal } = options;
  const run = new FetchRun(client, options, reporter);
  await run.all(inTurn(asked.map((name) => namesFor(client, name, signal))), jobs);
  for (const { name, error } of run.maybeFolders.splice(0)) {
    let count = 0;
    const counted = async function* () {
      for await (const below of namesBelow(client, name, signal)) {
        count++;
        yield below;
      }
    };
    await run.all(counted(), jobs);
    if (count === 0) run.fail(name, await withSuggestion(client, name, error, signal));
  }
  return run.exitCode;
}

async function* inTurn(generators: AsyncGenerator<string>[]): AsyncGenerator<string> {
  for (const generator of generators) yield* generator;
}

class FetchRun {
  exitCode = 0;
  /** Plain names that are no files. */
  readonly maybeFolders: { name: string; error: unknown }[] = [];
  #isServerGone = false;

  constructor(
    private readonly client: Sealift,
    private readonly options: FetchFilesOptions,
    private readonly reporter: FetchReporter,
  ) {}

  async all(names: AsyncGenerator<string>, jobs: number): Promise<void> {
    const work = async () => {
      for (;;) {
        const next = await names.next();
        if (next.done || this.#isServerGone) return;
        await this.#one(next.value);
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
  }

  fail(name: string, error: unknown): void {
    const code = error instanceof SealiftError ? exitCodeOf(error.code) : EXIT_BUG;
    if (this.exitCode === 0) this.exitCode = code;
    this.reporter.failed(name, error);
  }

  async #one(name: string): Promise<void> {
    const { reporter } = this;
    try {
      const file = await this.client.fetch(name, {
        ...this.options,
        onStart: ({ size }) => reporter.start(name, size),
        onProgress: ({ bytes, size }) => reporter.progress(name, bytes, size),
        onHashing: (progress) => reporter.hashing(name, progress),
        onRetry: (retry) => reporter.retry(name, retry),
      });
      if (file.status === 'done') reporter.done(file);
      else reporter.skipped(file);
    } catch (error) {
      if (systemCode(error) === 'ABORTED') throw error;
      if (systemCode(error) === 'NOT_FOUND' && this.options.output === undefined) {
        this.maybeFolders.push({ name, error });
        return;
      }
      this.fail(name, error);
      // One file that cannot be had is no reason to stop; a server that is gone is.
      if (systemCode(error) === 'NETWORK') await this.client.ping().catch(() => (this.#isServerGone = true));
    }
  }
}

/** True if more than one file may come of `asked`. */
export function isMany(asked: string[]): boolean {
  return asked.length > 1 || asked.some((name) => mayBeMany(name) || plainName(name) !== name);
}
