import { FILES_MAX } from './file-job.js';

/** Room for names that wait, in bytes, more or less; beyond, names are dropped, and are found again in the index. */
const WAITING_MAX = 16 << 20;
/** What a string takes besides its characters. */
const STRING_BYTES = 32;

/**
 * Names of new files on their way from the walk that comes upon them to the threads that hash them, while it goes on: so they need not
 * be looked up again in the index, nor looked at once more.
 */
export class FoundNames {
  readonly #waiting: string[][] = [];
  #last: string[] = [];
  #bytes = 0;
  #isEnded = false;
  #isWhole = true;
  #wake: (() => void)[] = [];

  add(names: readonly string[]): void {
    for (const name of names) {
      if (this.#bytes >= WAITING_MAX) {
        this.#isWhole = false;
        break;
      }
      this.#bytes += name.length + STRING_BYTES;
      if (this.#last.push(name) === FILES_MAX) this.#pass();
    }
  }

  /** Of some file it cannot be said that it was found here. */
  miss(): void {
    this.#isWhole = false;
  }

  /** There will be no more. */
  end(): void {
    if (this.#last.length > 0) this.#pass();
    this.#isEnded = true;
    this.#wakeAll();
  }

  /** Every file that there is was among the names. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Up to `FILES_MAX` names, as soon as there are that many, or no more come; null at the end. */
  async next(): Promise<string[] | null> {
    for (;;) {
      const names = this.#waiting.shift();
      if (names !== undefined) {
        for (const name of names) this.#bytes -= name.length + STRING_BYTES;
        return names;
      }
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #pass(): void {
    this.#waiting.push(this.#last);
    this.#last = [];
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
