/** A body or a hashing that is slower than this over a whole timeout makes no progress. Bytes a second. */
export const PROGRESS_RATE = 500;

/**
 * How long a peer may still take for a body. Only waiting for it is held against it, and forgiven once it has sent enough.
 * All times in milliseconds.
 */
export class BodyPatience {
  #left: number;
  #bytes = 0;
  #waitsSince: number | null = null;

  constructor(private readonly timeout: number) {
    this.#left = timeout;
  }

  /** From now on somebody waits for bytes. */
  wait(now: number): void {
    this.#waitsSince ??= now;
  }

  /** Nobody does any more. */
  rest(now: number): void {
    this.#left = this.left(now);
    this.#waitsSince = null;
  }

  got(bytes: number, now: number): void {
    this.#bytes += bytes;
    if (this.#bytes * 1_000 < PROGRESS_RATE * this.timeout) return;
    this.#bytes = 0;
    this.#left = this.timeout;
    if (this.#waitsSince !== null) this.#waitsSince = now;
  }

  /** Milliseconds; not above 0 when the peer is to be given up. */
  left(now: number): number {
    return this.#left - (this.#waitsSince === null ? 0 : now - this.#waitsSince);
  }
}
