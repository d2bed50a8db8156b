/** So much a second, and so much at once: a bucket that fills steadily (RFC 2697 calls it a token bucket). */
export class Budget {
  #left: number;
  #at = performance.now();

  constructor(
    private readonly perSecond: number,
    private readonly atOnce: number,
  ) {
    this.#left = atOnce;
  }

  /** False if that is more than there is; then nothing is taken. */
  take(amount: number): boolean {
    const now = performance.now();
    this.#left = Math.min(this.atOnce, this.#left + ((now - this.#at) / 1_000) * this.perSecond);
    this.#at = now;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}
