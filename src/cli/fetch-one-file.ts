import type { FetchOptions, Sealift } from '../client/index.js';
import { EXIT_BUG, exitCodeOf, SealiftError, systemCode } from '../errors/index.js';
import { eventsFor, type FetchReporter } from './report/fetch-reporter.js';
import { withSuggestion } from './suggestion.js';

/** Fetches a file that is named in full, and not what is below a folder of that name. Returns the exit code. */
export async function fetchOneFile(
  client: Sealift,
  name: string,
  options: FetchOptions & { signal: AbortSignal },
  reporter: FetchReporter,
): Promise<number> {
  try {
    const file = await client.fetch(name, { ...options, ...eventsFor(reporter, name) });
    if (file.status === 'done') reporter.done(file);
    else reporter.skipped(file);
    return 0;
  } catch (error) {
    if (systemCode(error) === 'ABORTED') throw error;
    reporter.failed(name, await withSuggestion(client, name, error, options.signal));
    return error instanceof SealiftError ? exitCodeOf(error.code) : EXIT_BUG;
  }
}
