import { setTimeout as delay } from 'node:timers/promises';
import { BodyReader } from '../peers/body-reader.js';

const BYTES_PER_SECOND = 16_384;
const TURN_MS = 50;
const TURNS_PER_SECOND = 1_000 / TURN_MS;
const LOOK_MS = 20;

/** So many connections that have asked for all of a file, and take little of it at a time; each byte is compared. */
export class SlowReaders {
  #readers;
  #timer;
  #turn = 0;
  /** @type {unknown} */
  #failure = null;

  /**
   * @param {number} port
   * @param {string} name
   * @param {number} count
   * @param {(piece: Buffer, at: number) => void} check
   */
  constructor(port, name, count, check) {
    this.#readers = Array.from({ length: count }, () => new BodyReader(port, { name }));
    // A twentieth of them at a time, so that they do not come in bursts.
    this.#timer = setInterval(() => {
      const turn = this.#turn++ % TURNS_PER_SECOND;
      for (let number = turn; number < count; number += TURNS_PER_SECOND) {
        const reader = this.#readers[number];
        try {
          reader?.pull(BYTES_PER_SECOND, check);
          if (reader?.failure) throw reader.failure;
        } catch (error) {
          this.#failure ??= error;
        }
      }
    }, TURN_MS);
  }

  /** Resolves when each has got an answer and something of the body. */
  async begun() {
    while (!this.#readers.every(({ isBegun }) => isBegun)) {
      this.#throwIfFailed();
      await delay(LOOK_MS);
    }
  }

  /** @throws if one of them was given wrong bytes, or lost its connection */
  end() {
    clearInterval(this.#timer);
    for (const reader of this.#readers) reader.close();
    this.#throwIfFailed();
  }

  #throwIfFailed() {
    if (this.#failure !== null) throw this.#failure;
  }
}
