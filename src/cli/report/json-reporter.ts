import type { FetchedFile } from '../../client/index.js';
import { EXIT_BUG, SealiftError } from '../../errors/index.js';
import { printJson } from '../output.js';
import type { FetchReporter } from './fetch-reporter.js';

const PROGRESS_MS = 100;

/** One JSON object a line on stdout, for programs; progress at most ten times a second. */
export class JsonReporter implements FetchReporter {
  #lastProgressAt = Number.NEGATIVE_INFINITY;

  expect(): void {}

  start(name: string, size: number): void {
    printJson({ event: 'start', name, size });
  }

  progress(name: string, bytes: number, size: number): void {
    const now = performance.now();
    if (now - this.#lastProgressAt < PROGRESS_MS) return;
    this.#lastProgressAt = now;
    printJson({ event: 'progress', name, bytes, size });
  }

  hashing(): void {}
  comparing(): void {}
  retry(): void {}
  resume(): void {}
  restart(): void {}
  repair(): void {}

  done({ name, path, size, md5, seconds: exact, resumedFrom }: FetchedFile): void {
    const seconds = Math.round(exact * 1_000) / 1_000;
    printJson({ event: 'done', name, path, size, md5, seconds, resumedFrom });
  }

  skipped({ name, path, size, md5 }: FetchedFile): void {
    printJson({ event: 'skipped', name, path, size, md5 });
  }

  failed(name: string, error: unknown): void {
    const code = error instanceof SealiftError ? error.code : `EXIT_${EXIT_BUG}`;
    printJson({
      event: 'error',
      name,
      code,
      message: error instanceof Error ? error.message : String(error),
    });
  }

  close(): void {}
}
