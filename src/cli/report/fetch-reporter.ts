import type { FetchEvents, FetchedFile, Repair, Retry } from '../../client/index.js';
import type { HashingProgress } from '../../protocol/index.js';

/** Told what happens while files are fetched; shows it to a person or a program. */
export interface FetchReporter {
  /** So many files more are found, or fewer, of which none has begun; and their bytes. */
  expect(files: number, bytes: number): void;
  /** Comes again when a broken transfer begins anew. */
  start(name: string, size: number): void;
  progress(name: string, bytes: number, size: number): void;
  hashing(name: string, progress: HashingProgress): void;
  /** The file that is here already is hashed. */
  comparing(name: string, progress: HashingProgress): void;
  /** @param name null for what is asked beside a file */
  retry(name: string | null, retry: Retry): void;
  /** An earlier fetch left `bytes` bytes to go on from. */
  resume(name: string, bytes: number, size: number): void;
  restart(name: string, reason: string): void;
  repair(name: string, repair: Repair): void;
  done(file: FetchedFile): void;
  skipped(file: FetchedFile): void;
  failed(name: string, error: unknown): void;
  close(): void;
}

/**
 * What the client tells of the file `name`, handed to `reporter`.
 * @param onBegin told first when it starts, each time
 */
export function eventsFor(reporter: FetchReporter, name: string, onBegin?: () => void): FetchEvents {
  return {
    onStart: ({ size }) => {
      onBegin?.();
      reporter.start(name, size);
    },
    onProgress: ({ bytes, size }) => reporter.progress(name, bytes, size),
    onHashing: (progress) => reporter.hashing(name, progress),
    onComparing: (progress) => reporter.comparing(name, progress),
    onResume: ({ bytes, size }) => reporter.resume(name, bytes, size),
    onRestart: (reason) => reporter.restart(name, reason),
    onRepair: (repair) => reporter.repair(name, repair),
    onRetry: (retry) => reporter.retry(name, retry),
  };
}
