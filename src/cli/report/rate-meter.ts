/** Time in which an old rate loses two thirds of its weight. */
const SMOOTHING_SECONDS = 2;

/** A steady rate out of irregular progress: an average that forgets exponentially. */
export class RateMeter {
  #rate: number | null = null;
  #bytes: number;
  #at: number;

  /** @param bytes there at the start */
  constructor(now = performance.now(), bytes = 0) {
    this.#bytes = bytes;
    this.#at = now;
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
