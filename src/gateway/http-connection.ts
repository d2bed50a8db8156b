import type { Socket } from 'node:net';

/** Requests of one connection that wait for the one before them. */
const WAITING_MAX = 64;

/** One client: its requests are answered one after the other, so that many at once cost no more than one. */
export class HttpConnection {
  readonly #gone = new AbortController();
  #working: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(readonly socket: Socket) {
    socket.once('close', () => this.#gone.abort());
    socket.on('error', () => {});
  }

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Runs `work` when all that came before is done. It must not fail. */
  queue(work: () => Promise<void>): void {
    if (this.#waiting >= WAITING_MAX) return void this.socket.destroy();
    this.#waiting++;
    this.#working = this.#working.then(work).finally(() => this.#waiting--);
  }
}
