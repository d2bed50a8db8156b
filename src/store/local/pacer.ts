import { setTimeout as delay } from 'node:timers/promises';

/** Rests are not shorter: timers are no finer than a millisecond, and small files would each take one. */
const REST_MIN_MS = 20;

/** Keeps work to a rate on average, over many small pieces of it. */
export class Pacer {
  /** When the work so far is paid for. */
  #paidAt = 0;

  /** @param rate bytes a second; null: no limit */
  constructor(private readonly rate: number | null) {}

  /**
   * So many bytes were done since `startedAt` (of `performance.now()`): rests until they are paid for.
   * Ends early when `signal` is aborted.
   */
  async spend(bytes: number, startedAt: number, signal: AbortSignal): Promise<void> {
    if (this.rate === null) return;
    this.#paidAt = Math.max(this.#paidAt, startedAt) + (bytes / this.rate) * 1_000;
    const rest = this.#paidAt - performance.now();
    if (rest >= REST_MIN_MS) await delay(rest, undefined, { signal }).catch(() => {});
  }
}
