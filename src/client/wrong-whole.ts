import { cameWrong } from './blame.js';
import { damageOf, describeDamage } from './damage.js';

/** A file that came wrong, and whose only digest is that of the whole: how often, and what can be said of it. */
export class WrongWhole {
  #bytes: Buffer | null = null;
  #received = '';
  #damage = 'other data';
  #times = 0;

  get times(): number {
    return this.#times;
  }

  /**
   * It came wrong once more.
   * @param received its MD5
   * @param bytes of a small file, to be compared with the next try
   */
  add(received: string, bytes: Buffer | null): void {
    const before = this.#bytes;
    const damage = before && bytes?.length === before.length ? damageOf(before, bytes) : null;
    if (damage) this.#damage = `${describeDamage(damage)}, not the same each time`;
    this.#bytes = bytes;
    this.#received = received;
    this.#times++;
  }

  /** @param announced its MD5 as it should be */
  describe(announced: string): string {
    return `${cameWrong(announced, this.#received, this.#times)} (${this.#damage})`;
  }
}
