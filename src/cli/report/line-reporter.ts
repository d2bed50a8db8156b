import type { FetchedFile, Repair, Retry } from '../../client/index.js';
import { note, printLine, shown } from '../output.js';
import {
  doneLine,
  failedLine,
  repairLine,
  restartLine,
  resumeLine,
  retryLine,
  skippedLine,
} from './fetch-lines.js';
import type { FetchReporter } from './fetch-reporter.js';

/** A line per file, where stderr is no terminal; stdout gets the path of each file that is there and right. */
export class LineReporter implements FetchReporter {
  constructor(private readonly printPaths: boolean) {}

  expect(): void {}

  start(): void {}
  progress(): void {}
  hashing(): void {}
  comparing(): void {}

  retry(name: string | null, retry: Retry): void {
    note(retryLine(name, retry));
  }

  resume(name: string, bytes: number, size: number): void {
    note(resumeLine(name, bytes, size));
  }

  restart(name: string, reason: string): void {
    note(restartLine(name, reason));
  }

  repair(name: string, repair: Repair): void {
    note(repairLine(name, repair));
  }

  done(file: FetchedFile): void {
    note(doneLine(file));
    this.#printPath(file);
  }

  skipped(file: FetchedFile): void {
    note(skippedLine(file));
    this.#printPath(file);
  }

  failed(name: string, error: unknown): void {
    note(failedLine(name, error));
  }

  close(): void {}

  #printPath({ path }: FetchedFile): void {
    if (this.printPaths) printLine(shown(path));
  }
}
