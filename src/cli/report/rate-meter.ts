/** Time in which what was seen loses two thirds of its weight: bursts, and a link that stops for a moment, even out. */
const SMOOTHING_SECONDS = 5;
/** Looked at no more often: figures that change faster cannot be read. */
const SAMPLE_SECONDS = 0.5;

/** A steady rate out of irregular progress: bytes by time, of which the older count less and less. */
export class RateMeter {
  /** Both forget at the same pace, so that the rate is a plain average at first, not that of the first burst. */
  #weightedBytes = 0;
  #weightedSeconds = 0;
  #bytes = 0;
  #at: number;

  constructor(now = performance.now()) {
    this.#at = now;
  }

  /** So many bytes more count as done, and were no work. */
  skip(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * To be called while nothing comes, too.
   * @param bytes done so far
   * @param isAll nothing more comes: what takes less than a sample has a rate as well
   */
  update(bytes: number, isAll = false, now = performance.now()): void {
    const seconds = (now - this.#at) / 1_000;
    if (seconds < SAMPLE_SECONDS && !(isAll && this.rate === null && seconds > 0)) return;
    const kept = Math.exp(-seconds / SMOOTHING_SECONDS);
    this.#weightedBytes = kept * this.#weightedBytes + Math.max(0, bytes - this.#bytes);
    this.#weightedSeconds = kept * this.#weightedSeconds + seconds;
    this.#bytes = bytes;
    this.#at = now;
  }

  /** Bytes a second, or null while nothing can be said. */
  get rate(): number | null {
    return this.#weightedSeconds === 0 ? null : this.#weightedBytes / this.#weightedSeconds;
  }

  /** Seconds for `left` bytes at this rate. */
  eta(left: number): number {
    return left === 0 ? 0 : left / (this.rate || Number.NaN);
  }
}
