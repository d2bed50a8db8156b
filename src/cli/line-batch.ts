import { printLines } from './output.js';

const LINES_MAX = 1_000;

/** Lines for stdout that come many at a time: printed together, at the latest when no more come at once. */
export class LineBatch {
  #lines: string[] = [];
  #timer: NodeJS.Immediate | null = null;

  add(line: string): void {
    this.#timer ??= setImmediate(() => this.flush());
    if (this.#lines.push(line) === LINES_MAX) this.flush();
  }

  flush(): void {
    if (this.#timer) clearImmediate(this.#timer);
    this.#timer = null;
    const lines = this.#lines;
    this.#lines = [];
    printLines(lines);
  }
}
