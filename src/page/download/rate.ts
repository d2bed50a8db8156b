/** Time in which what was seen loses two thirds of its weight, in seconds. */
const SMOOTHING = 4;
const SAMPLE_SECONDS = 0.5;

/** A steady rate out of bursts, of which older ones count less and less. */
export class Rate {
  #weightedBytes = 0;
  #weightedSeconds = 0;
  #bytes: number;
  #at: number;

  /** @param now in milliseconds */
  constructor(bytes: number, now: number) {
    this.#bytes = bytes;
    this.#at = now;
  }

  update(bytes: number, now: number): void {
    const seconds = (now - this.#at) / 1_000;
    if (seconds < SAMPLE_SECONDS) return;
    const kept = Math.exp(-seconds / SMOOTHING);
    this.#weightedBytes = kept * this.#weightedBytes + Math.max(0, bytes - this.#bytes);
    this.#weightedSeconds = kept * this.#weightedSeconds + seconds;
    this.#bytes = bytes;
    this.#at = now;
  }

  /** Bytes a second; null while nothing can be said. */
  get perSecond(): number | null {
    return this.#weightedSeconds === 0 ? null : this.#weightedBytes / this.#weightedSeconds;
  }

  /** Seconds for so many bytes more; null if that cannot be said. */
  secondsFor(bytes: number): number | null {
    return this.perSecond ? bytes / this.perSecond : null;
  }
}
