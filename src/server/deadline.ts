/** One timer with a reason: at most one deadline runs at a time. */
export class Deadline<Reason extends string> {
  #timer: NodeJS.Timeout | null = null;
  #reason: Reason | null = null;

  constructor(private readonly onPassed: (reason: Reason) => void) {}

  /** Starts the deadline anew. */
  set(reason: Reason, milliseconds: number): void {
    this.clear();
    this.#reason = reason;
    this.#timer = setTimeout(() => this.onPassed(reason), milliseconds);
  }

  /** Starts the deadline unless it runs for this reason already: what happens meanwhile does not extend it. */
  keep(reason: Reason, milliseconds: number): void {
    if (this.#reason !== reason) this.set(reason, milliseconds);
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#reason = null;
  }
}
