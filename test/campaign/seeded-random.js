/** Random numbers that are the same for the same seed. */
export class SeededRandom {
  #state;

  /** @param {number} seed any integer */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1. Mulberry32, by Tommy Ettinger, public domain. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * An integer, `least` ≤ x ≤ `most`.
   * @param {number} least
   * @param {number} most
   */
  integer(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /**
   * One of `items`.
   * @template T
   * @param {readonly T[]} items
   * @returns {T}
   */
  pick(items) {
    return /** @type {T} */ (items[this.integer(0, items.length - 1)]);
  }

  /** @param {number} probability */
  chance(probability) {
    return this.next() < probability;
  }

  /** A seed for a part of the work, so that its numbers do not depend on what others draw. */
  fork() {
    return new SeededRandom(this.integer(0, 2 ** 32 - 1));
  }
}
