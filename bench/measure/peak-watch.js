import { peakBytes, processTree } from './processes.js';

const LOOK_MS = 10;
/** Of one that ends soon, more is seen by looking more often; a longer one is left in peace. */
const FIRST_LOOKS = { count: 50, every: 2 };

/** Follows how much memory a process and all that it starts have resident at the most. */
export class PeakWatch {
  /** @type {number | null} */
  #most = null;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {number} pid */
  constructor(pid) {
    const look = () => {
      const peaks = processTree(pid)
        .map(peakBytes)
        .filter((bytes) => bytes !== null);
      if (peaks.length === 0) return;
      const sum = peaks.reduce((all, bytes) => all + bytes, 0);
      this.#most = Math.max(this.#most ?? 0, sum);
    };
    let looks = 0;
    const again = () => {
      look();
      this.#timer = setTimeout(again, ++looks < FIRST_LOOKS.count ? FIRST_LOOKS.every : LOOK_MS);
    };
    again();
  }

  /** The sum of the peaks of those that ran side by side, where it was highest; null where the system does not tell. */
  stop() {
    clearTimeout(this.#timer);
    return this.#most;
  }
}
