import type { FetchEvents, FetchedFile, Retry } from '../../client/index.js';
import type { HashingProgress } from '../../protocol/index.js';

/** Told what happens while files are fetched; shows it to a person or a program. */
export interface FetchReporter {
  /** Comes again when a broken transfer begins anew. */
  start(name: string, size: number): void;
  progress(name: string, bytes: number, size: number): void;
  hashing(name: string, progress: HashingProgress): void;
  retry(name: string, retry: Retry): void;
  done(file: FetchedFile): void;
  skipped(file: FetchedFile): void;
  failed(name: string, error: unknown): void;
  close(): void;
}

/** What the client tells of the file `name`, handed to `reporter`. */
export function eventsFor(reporter: FetchReporter, name: string): FetchEvents {
  return {
    onStart: ({ size }) => reporter.start(name, size),
    onProgress: ({ bytes, size }) => reporter.progress(name, bytes, size),
    onHashing: (progress) => reporter.hashing(name, progress),
    onRetry: (retry) => reporter.retry(name, retry),
  };
}
