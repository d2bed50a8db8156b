/** How long a number of lanes is tried before the next is thought of. Milliseconds. */
const WINDOW_MS = 300;
/** What is done sooner than that is not worth another connection. Milliseconds. */
const WORTH_MS = 2_000;
/** One connection that brings so much is limited by the machines, not by the way. Bytes a second. */
const FAST = 150_000_000;
/** Twice the lanes must bring so many times as much, or it was the last time. */
const GAIN = 1.25;

/**
 * Decides how many connections one file is fetched over, by what more of them bring. Times in milliseconds.
 */
export class LanePlanner {
  #since: number;
  #bytes = 0;
  /** Bytes a second before the last doubling. */
  #rateBefore = 0;
  #isSettled = false;

  constructor(
    private readonly most: number,
    now: number,
  ) {
    this.#since = now;
  }

  /**
   * @param lanes that are at work
   * @param left bytes that nobody has asked for yet
   * @returns how many lanes to add
   */
  got(bytes: number, lanes: number, left: number, now: number): number {
    this.#bytes += bytes;
    const elapsed = now - this.#since;
    if (this.#isSettled || elapsed < WINDOW_MS) return 0;
    const rate = (this.#bytes * 1_000) / elapsed;
    this.#bytes = 0;
    this.#since = now;
    const isWorthIt = rate < FAST && rate >= this.#rateBefore * GAIN && lanes < this.most;
    if (!isWorthIt) this.#isSettled = true;
    if (!isWorthIt || left < (rate * WORTH_MS) / 1_000) return 0;
    this.#rateBefore = rate;
    return Math.min(lanes, this.most - lanes);
  }
}
