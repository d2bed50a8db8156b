import { note } from '../output.js';
import { failedLine } from './fetch-lines.js';
import type { FetchReporter } from './fetch-reporter.js';

/** Says nothing but what went wrong. */
export class QuietReporter implements FetchReporter {
  expect(): void {}

  start(): void {}
  progress(): void {}
  hashing(): void {}
  comparing(): void {}
  retry(): void {}
  resume(): void {}
  restart(): void {}
  repair(): void {}
  done(): void {}
  skipped(): void {}
  failed(name: string, error: unknown): void {
    note(failedLine(name, error));
  }
  close(): void {}
}
