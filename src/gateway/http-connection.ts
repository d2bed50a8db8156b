import type { Socket } from 'node:net';

/** Requests of one connection that wait for the one before them. */
const WAITING_MAX = 64;

/** Must not fail, and calls `done` once. */
type Work = (done: () => void) => void;

/** One client: its requests are answered one after the other, so that many at once cost no more than one. */
export class HttpConnection {
  readonly #gone = new AbortController();
  readonly #waiting: Work[] = [];
  #isBusy = false;
  /** `address:port`. */
  readonly peer: string;
  /** The Host field that was last found to be right: it need not be looked at again. */
  allowedHost: string | undefined;

  constructor(readonly socket: Socket) {
    this.peer = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.once('close', () => this.#gone.abort());
    socket.on('error', () => {});
  }

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Begins `work` when all that came before is done. */
  queue(work: Work): void {
    if (this.#waiting.length >= WAITING_MAX) return void this.socket.destroy();
    this.#waiting.push(work);
    if (!this.#isBusy) this.#begin();
  }

  #begin(): void {
    const work = this.#waiting.shift();
    this.#isBusy = work !== undefined;
    work?.(() => this.#begin());
  }
}
