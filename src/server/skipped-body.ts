import type { ServerLimits } from './server-limits.js';

/** The body of a request, which no op wants: it is read past, at the rate that any body must make. */
export class SkippedBody {
  #startedAt = Date.now();
  #bytes = 0;

  constructor(private readonly limits: Pick<ServerLimits, 'bodyTimeout' | 'minRate' | 'minRateAfter'>) {}

  /** Bytes came. */
  took(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The average begins anew: until now the server had something else to do. */
  restart(): void {
    this.#startedAt = Date.now();
    this.#bytes = 0;
  }

  /** How long the next byte may take: until the average is too low, and not longer than `bodyTimeout`. */
  get patience(): number {
    const { bodyTimeout, minRate, minRateAfter } = this.limits;
    const earned = Math.max(minRateAfter, (this.#bytes * 1_000) / minRate);
    return Math.max(0, Math.min(bodyTimeout, this.#startedAt + earned - Date.now()));
  }
}
