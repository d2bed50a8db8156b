/**
 * One fsync for all who ask while another one runs. Whoever asks waits for one that began afterwards: what he did before he
 * asked is in it.
 */
export class GroupSync {
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(private readonly begin: () => Promise<void>) {}

  sync(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#start();
    const before = this.#running.catch(() => {});
    this.#next = before.then(() => {
      this.#next = null;
      return this.#start();
    });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = this.begin().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
