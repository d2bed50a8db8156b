import type { Readable } from 'node:stream';

export type OutputStream = 'stdout' | 'stderr';

/** Once nobody is known to write any more, what comes is waited for so long, in milliseconds. */
const QUIET_MS = 500;
/** And so much is taken, in bytes: more than a system keeps for a pipe. */
const LEFT_MAX = 4 << 20;

/** Hands on what a program writes, piece by piece in the order in which it is read, and reads no faster than that goes. */
export class ProgramOutput {
  /** Resolves when both streams are at their end and all of it was handed on; rejects if that failed. */
  readonly done: Promise<void>;
  #sending: Promise<void> = Promise.resolve();
  #waiting = 0;
  #bytes = 0;
  #bytesMax = Number.POSITIVE_INFINITY;
  #settle: { resolve: () => void; reject: (error: unknown) => void };
  readonly #open: Set<Readable>;

  constructor(
    streams: Record<OutputStream, Readable>,
    private readonly send: (stream: OutputStream, bytes: Buffer) => Promise<void>,
  ) {
    this.#open = new Set([streams.stdout, streams.stderr]);
    this.#settle = { resolve: () => {}, reject: () => {} };
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Told to whoever awaits it.
    this.done.catch(() => {});
    this.#read('stdout', streams.stdout);
    this.#read('stderr', streams.stderr);
  }

  /**
   * Whoever wrote has ended: reads what is left. Resolves or rejects as {@link done}, within a moment even if somebody who is not known holds a
   * stream open, as long as what is read can be handed on.
   */
  async finish(): Promise<void> {
    this.#bytesMax = this.#bytes + LEFT_MAX;
    let bytes = -1;
    const timer = setInterval(() => {
      if (this.#waiting === 0 && bytes === this.#bytes) this.#close();
      bytes = this.#bytes;
    }, QUIET_MS);
    try {
      await this.done;
    } finally {
      clearInterval(timer);
    }
  }

  /** Reads and hands on no more; {@link done} rejects with the reason. */
  abandon(reason: unknown): void {
    this.#settle.reject(reason);
    this.#close();
  }

  #read(name: OutputStream, stream: Readable): void {
    stream.on('data', (bytes: Buffer) => {
      // Rule: one piece of a stream at a time, so that a slow client slows the program.
      stream.pause();
      this.#waiting++;
      this.#bytes += bytes.length;
      const sent = this.#sending.then(() => this.send(name, bytes));
      this.#sending = sent.then(
        () => {
          this.#waiting--;
          if (this.#bytes < this.#bytesMax) stream.resume();
          else this.#close();
        },
        (error) => this.abandon(error),
      );
    });
    // Followed by 'close': what was read until then counts.
    stream.on('error', () => {});
    stream.once('close', () => {
      this.#open.delete(stream);
      if (this.#open.size === 0) this.#sending.then(this.#settle.resolve);
    });
  }

  #close(): void {
    for (const stream of this.#open) stream.destroy();
  }
}
