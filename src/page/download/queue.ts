interface Job {
  weight: number;
  run: () => Promise<void>;
}

/** Runs so many jobs at once, in their order, and no more than `weightMax` of weight together. */
export class Queue {
  readonly #waiting: Job[] = [];
  #running = 0;
  #weight = 0;

  constructor(
    private readonly most: number,
    private readonly weightMax: number,
  ) {}

  /**
   * @param run must not fail
   * @returns what takes the job out again if it has not begun; false if it has
   */
  add(weight: number, run: () => Promise<void>): () => boolean {
    const job = { weight, run };
    this.#waiting.push(job);
    this.#next();
    return () => {
      const at = this.#waiting.indexOf(job);
      if (at !== -1) this.#waiting.splice(at, 1);
      // Behind one that was too heavy may be lighter ones.
      this.#next();
      return at !== -1;
    };
  }

  #next(): void {
    while (this.#running < this.most) {
      const [job] = this.#waiting;
      const fits = job && (this.#running === 0 || this.#weight + job.weight <= this.weightMax);
      if (!fits) return;
      this.#waiting.shift();
      this.#running++;
      this.#weight += job.weight;
      void job.run().finally(() => {
        this.#running--;
        this.#weight -= job.weight;
        this.#next();
      });
    }
  }
}
