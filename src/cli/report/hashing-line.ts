import type { HashingProgress } from '../../protocol/index.js';

/**
 * One line on a terminal while the server hashes a file; the server tells once a second, so that a short wait shows
 * nothing. It is gone afterwards.
 */
export class HashingLine {
  readonly #isShown: boolean;

  constructor(isQuiet: boolean) {
    this.#isShown = !isQuiet && process.stderr.isTTY === true;
  }

  async during<T>(wait: (onHashing: (progress: HashingProgress) => void) => Promise<T>): Promise<T> {
    let isThere = false;
    try {
      return await wait(({ done, size }) => {
        if (!this.#isShown) return;
        isThere = true;
        const percent = size === 0 ? 0 : Math.floor((100 * done) / size);
        process.stderr.write(`\rhashing on the server: ${percent}% …`);
      });
    } finally {
      // "Erase in line" of ECMA-48: to its end.
      if (isThere) process.stderr.write('\r\x1b[K');
    }
  }
}
