import { SealiftError } from '../errors/index.js';
import { type HashingProgress, ProtocolError } from '../protocol/index.js';
import { PROGRESS_RATE } from './body-patience.js';

/** A hashing that waits behind others says 0 for as long as they take: that is liveness, for this many timeouts. */
const QUEUED_TIMEOUTS = 10;
/** A file that is written to while it is hashed is begun again by the server, this often at the most. */
const RESTARTS_MAX = 2;

/**
 * Judges the interim frames of one request. The rule: a server is given up when `done` has grown by less than
 * {@link PROGRESS_RATE} on average for a whole timeout, as with a body. Frames alone are no progress: the same `done`
 * may come any number of times, but not for longer than that. Only while `done` is still 0 the hashing may be queued
 * behind others, and the client waits ten timeouts.
 */
export class HashingWatch {
  #last: HashingProgress | null = null;
  #restarts = 0;
  #isQueued = true;
  /** What progress is counted from. */
  #mark: { at: number; done: number };

  constructor(
    private readonly name: string,
    private readonly timeout: number,
    now = performance.now(),
  ) {
    this.#mark = { at: now, done: 0 };
  }

  /**
   * @throws ProtocolError when the frame contradicts itself or the one before
   * @throws SealiftError TIMEOUT when there was no progress for too long
   */
  check({ done, size }: HashingProgress, now = performance.now()): void {
    const isRestart = this.#last !== null && (size !== this.#last.size || done < this.#last.done);
    this.#last = { done, size };
    if (isRestart) {
      this.#restarts++;
      this.#mark = { at: now, done };
    }
    if (done > size || this.#restarts > RESTARTS_MAX) {
      throw new ProtocolError(`${this.name}: the server's hashing cannot be: ${done} of ${size} bytes`);
    }
    if (this.#isQueued && done > 0) {
      this.#isQueued = false;
      this.#mark = { at: now, done };
    }
    if ((done - this.#mark.done) * 1_000 >= PROGRESS_RATE * this.timeout) this.#mark = { at: now, done };
    const patience = this.#isQueued ? QUEUED_TIMEOUTS * this.timeout : this.timeout;
    if (now - this.#mark.at < patience) return;
    throw new SealiftError('TIMEOUT', `${this.name}: the server's hashing makes no progress`);
  }
}
