/** Time in which an old rate loses two thirds of its weight. */
const SMOOTHING_SECONDS = 2;

/** A steady rate out of irregular progress: an average that forgets exponentially. */
export class RateMeter {
  #rate: number | null = null;
  #bytes = 0;
  #at: number;

  constructor(now = performance.now()) {
    this.#at = now;
  }

  /** So many bytes more count as done, and were no work. */
  skip(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @param bytes done so far */
  update(bytes: number, now = performance.now()): void {
    const seconds = (now - this.#at) / 1_000;
    if (seconds < 0.05) return;
    const rate = Math.max(0, bytes - this.#bytes) / seconds;
    const weight = 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
    this.#rate = this.#rate === null ? rate : this.#rate + weight * (rate - this.#rate);
    this.#bytes = bytes;
    this.#at = now;
  }

  /** Bytes a second, or null while nothing can be said. */
  get rate(): number | null {
    return this.#rate;
  }

  /** Seconds for `left` bytes at this rate. */
  eta(left: number): number {
    return left === 0 ? 0 : left / (this.#rate || Number.NaN);
  }
}
