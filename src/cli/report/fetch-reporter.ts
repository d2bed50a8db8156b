import type { FetchedFile, Retry } from '../../client/index.js';
import type { HashingProgress } from '../../protocol/index.js';

/** Told what happens while files are fetched; shows it to a person or a program. */
export interface FetchReporter {
  start(name: string, size: number): void;
  progress(name: string, bytes: number, size: number): void;
  hashing(name: string, progress: HashingProgress): void;
  retry(name: string, retry: Retry): void;
  done(file: FetchedFile): void;
  skipped(file: FetchedFile): void;
  failed(name: string, error: unknown): void;
  close(): void;
}
