import { peakBytes, processTree } from './processes.js';

const LOOK_MS = 10;

/** Follows how much memory a process and all that it starts have resident at the most. */
export class PeakWatch {
  /** @type {Map<number, number>} */
  #peaks = new Map();
  #timer;

  /** @param {number} pid */
  constructor(pid) {
    const look = () => {
      for (const member of processTree(pid)) {
        const bytes = peakBytes(member);
        if (bytes !== null) this.#peaks.set(member, bytes);
      }
    };
    look();
    this.#timer = setInterval(look, LOOK_MS);
  }

  /** The sum of each one's peak; null where the system does not tell. */
  stop() {
    clearInterval(this.#timer);
    if (this.#peaks.size === 0) return null;
    return [...this.#peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}
