import { BarReporter } from './bar-reporter.js';
import type { FetchReporter } from './fetch-reporter.js';
import { JsonReporter } from './json-reporter.js';
import { LineReporter } from './line-reporter.js';
import { QuietReporter } from './quiet-reporter.js';

export interface ReportOptions {
  json: boolean;
  quiet: boolean;
  isMany: boolean;
  /** The body itself goes to stdout. */
  toStdout: boolean;
}

export function reporterFor({ json, quiet, isMany, toStdout }: ReportOptions): FetchReporter {
  if (json) return new JsonReporter();
  if (quiet) return new QuietReporter();
  if (process.stderr.isTTY) return new BarReporter(isMany);
  return new LineReporter(!toStdout);
}
