import type { FetchReporter } from './fetch-reporter.js';

export interface ReportOptions {
  json: boolean;
  quiet: boolean;
  isMany: boolean;
  /** The body itself goes to stdout. */
  toStdout: boolean;
}

/** Only that one is loaded. */
export async function reporterFor({ json, quiet, isMany, toStdout }: ReportOptions): Promise<FetchReporter> {
  if (json) return new (await import('./json-reporter.js')).JsonReporter();
  if (quiet) return new (await import('./quiet-reporter.js')).QuietReporter();
  // A bar would be drawn over what is read there.
  const isOnSameTerminal = toStdout && process.stdout.isTTY;
  if (process.stderr.isTTY && !isOnSameTerminal)
    return new (await import('./bar-reporter.js')).BarReporter(isMany);
  return new (await import('./line-reporter.js')).LineReporter(!toStdout);
}
