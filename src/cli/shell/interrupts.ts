/** Ctrl-C ends what runs, and not the shell; SIGTERM ends both. */
export class Interrupts {
  readonly #ending = new AbortController();
  #running: AbortController | null = null;
  readonly #onInterrupt = () => this.#running?.abort();
  readonly #onTerm = () => this.#ending.abort();

  constructor() {
    process.on('SIGINT', this.#onInterrupt).on('SIGTERM', this.#onTerm);
  }

  /** Aborted when the shell is to end. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Runs `work`, with a signal of its own. */
  async during<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const running = new AbortController();
    this.#running = running;
    try {
      return await work(AbortSignal.any([running.signal, this.ending]));
    } finally {
      this.#running = null;
    }
  }

  stop(): void {
    process.off('SIGINT', this.#onInterrupt).off('SIGTERM', this.#onTerm);
  }
}
