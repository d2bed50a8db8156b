/** So many transfers at a time, and no more. */
export class Slots {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  get hasFree(): boolean {
    return this.free > 0;
  }

  async during<R>(work: () => Promise<R>): Promise<R> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
