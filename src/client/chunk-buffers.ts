import { CHUNK_SIZE, sharedBytes } from '../digest/index.js';

/** Buffers that all connections of this process share, beyond the one that each can count on. */
const SHARED_MAX = 16;
/** Enough to receive, hash, and write at the same time. */
const EACH_MAX = 8;

const free: Buffer[] = [];
let made = 0;

/** What one connection receives chunks into. Nobody waits for another's buffers, however slow that one is. */
export class ChunkBuffers {
  #taken = 0;
  #wake: (() => void) | null = null;

  /** A buffer of one chunk, at once; null if it has to be waited for. */
  tryTake(): Buffer | null {
    if (this.#taken === EACH_MAX) return null;
    if (free.length === 0) {
      if (made >= SHARED_MAX && this.#taken > 0) return null;
      free.push(sharedBytes(CHUNK_SIZE));
      made++;
    }
    this.#taken++;
    return free.pop() as Buffer;
  }

  /** As {@link tryTake}; waits for one of its own to come back. */
  async take(): Promise<Buffer> {
    for (;;) {
      const buffer = this.tryTake();
      if (buffer) return buffer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Only a buffer that nobody reads or writes any more. */
  give(buffer: Buffer): void {
    this.#taken--;
    if (made > SHARED_MAX) made--;
    else free.push(buffer);
    this.#wake?.();
    this.#wake = null;
  }
}
