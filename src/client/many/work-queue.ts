/** Items that wait for somebody to take them, in order. */
export class WorkQueue<T> {
  #items: T[] = [];
  #next = 0;
  #isClosed = false;
  readonly #waiting = new Set<() => void>();

  get size(): number {
    return this.#items.length - this.#next;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Puts items back that were taken, to be taken next; also into a queue that is closed. */
  putBack(items: T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#next)];
    this.#next = 0;
    this.#wake();
  }

  shift(): T | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    this.#wake();
    return item;
  }

  peek(): T | undefined {
    return this.#items[this.#next];
  }

  /** Nothing more will be pushed. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** Waits for an item; false when none will come any more. */
  async hasNext(): Promise<boolean> {
    while (this.size === 0 && !this.#isClosed) await this.#change();
    return this.size > 0;
  }

  /** Pushes an item once fewer than `max` wait, unless nothing may be pushed any more by then: at once, or when that resolves. */
  pushWhen(max: number, item: T): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    if (this.size >= max) return this.#change().then(() => this.pushWhen(max, item));
    this.push(item);
    return undefined;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
