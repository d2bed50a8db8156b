import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { SealiftError } from '../errors/index.js';
import type { RightHeader } from './access/right-header.js';
import type { GatewayContext } from './context.js';

/** Requests of one connection that wait for the one before them. */
const WAITING_MAX = 64;
/** A client that is told goodbye is read from for so long, so that a reset does not overtake the answer. */
const LINGER_MS = 1_000;

/** Must not fail, and calls `done` once. */
type Work = (done: () => void) => void;

/** One client: its requests are answered one after the other, so that many at once cost no more than one. */
export class HttpConnection {
  readonly #gone = new AbortController();
  readonly #doubt = new AbortController();
  readonly #ended = new AbortController();
  readonly #waiting: Work[] = [];
  #isBusy = false;
  /** Of the client. */
  readonly address: string;
  /** `address:port`. */
  readonly peer: string;
  /** The Host field that was last found to be right: it need not be looked at again. */
  allowedHost: string | undefined;
  /** What it was last let in by. */
  rightHeader: RightHeader | null = null;
  /** Nothing that comes is read any more. */
  #isDeaf = false;
  /** Nothing more is sent. */
  #isEnding = false;
  /** Why what the client sends cannot be read to its end. */
  #broken: SealiftError | null = null;
  /** Told of that, while a body is read. */
  #onBroken: ((error: SealiftError) => void) | null = null;
  readonly #idle: NodeJS.Timeout;
  /** Bytes read when the connection became idle. */
  #readBefore = 0;

  constructor(
    readonly socket: Socket,
    private readonly limits: GatewayContext['limits'],
  ) {
    this.address = socket.remoteAddress ?? '';
    this.peer = `${socket.remoteAddress}:${socket.remotePort}`;
    // Node has a timer for this, which the first byte of the next request stops, be it a line break between two.
    this.#idle = setTimeout(() => this.#onIdle(), limits.idleTimeout);
    socket.once('close', () => {
      clearTimeout(this.#idle);
      this.#gone.abort();
      this.#ended.abort();
    });
    socket.on('error', () => {});
    socket.once('end', () => {
      this.#ended.abort();
      this.#doubtLater();
    });
    // Behind its last answer Node closes at once; unread bytes would make that a reset.
    socket.destroySoon = () => this.end();
  }

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Aborted when the client sends no more, and may well be gone. */
  get unlessShared(): AbortSignal {
    return this.#doubt.signal;
  }

  /** Aborted as soon as the client sends no more: most likely it is gone, and who only waits is not waited for. */
  get unlessEnded(): AbortSignal {
    return this.#ended.signal;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What still comes is not to be answered. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /** So many wait that no more are taken. */
  get isFull(): boolean {
    return this.#waiting.length + (this.#isBusy ? 1 : 0) >= WAITING_MAX;
  }

  /** Begins `work` when all that came before is done, unless the connection has ended by then. */
  queue(work: Work): void {
    this.#waiting.push(work);
    if (!this.#isBusy) this.#begin();
  }

  #begin(): void {
    const isOver = this.#isEnding || this.socket.destroyed;
    const work = isOver ? undefined : this.#waiting.shift();
    this.#isBusy = work !== undefined;
    if (work !== undefined) return work(() => this.#begin());
    this.#waiting.length = 0;
    this.#readBefore = this.socket.bytesRead;
    this.#idle.refresh();
  }

  /**
   * The whole body of the request that is being answered.
   * @throws SealiftError TOO_LARGE, or what it was broken off with
   */
  async readBody(request: IncomingMessage, max: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    if (this.#broken && !request.complete) throw this.#broken;
    let onGone = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onBroken = reject;
        onGone = () => reject(new SealiftError('ABORTED', 'the client left'));
        this.signal.addEventListener('abort', onGone);
        request.once('end', resolve);
        request.on('data', (piece: Buffer) => {
          length += piece.length;
          if (length <= max) pieces.push(piece);
          else reject(new SealiftError('TOO_LARGE', `${request.method}: the body is too long`));
        });
      });
    } finally {
      // The connection outlives many bodies.
      this.signal.removeEventListener('abort', onGone);
      this.#onBroken = null;
    }
    return Buffer.concat(pieces);
  }

  /** Nothing more can be read, and who waits for the rest of a body fails. */
  breakOff(error: SealiftError): void {
    this.#broken = error;
    this.deafen();
    this.#onBroken?.(error);
  }

  /** What comes from now on is thrown away as it is, whatever Node's parser would make of it. */
  deafen(): void {
    if (this.#isDeaf) return;
    this.#isDeaf = true;
    const parsers = this.socket.listeners('data') as (() => void)[];
    // With a listener of somebody else Node stops to take the bytes from under it.
    this.socket.on('data', () => {});
    for (const parser of parsers) this.socket.off('data', parser);
    this.socket.resume();
  }

  /** Ends the sending side, then reads on for a moment. */
  end(): void {
    if (this.#isEnding || this.socket.destroyed) return;
    this.#isEnding = true;
    this.deafen();
    // What is sent already may still be taken, or not.
    let timer = setTimeout(() => this.socket.destroy(), this.limits.bodyTimeout);
    this.socket.once('close', () => clearTimeout(timer));
    this.socket.once('finish', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    });
    this.socket.end();
  }

  #onIdle(): void {
    if (this.isBusy) return;
    if (this.socket.bytesRead === this.#readBefore) return void this.socket.destroy();
    // Perhaps the beginning of a request, which then has its own deadline; and no second time.
    const before = this.#readBefore;
    const isUnanswered = () => !this.isBusy && this.#readBefore === before;
    const timer = setTimeout(() => isUnanswered() && this.socket.destroy(), this.limits.headerTimeout);
    this.socket.once('close', () => clearTimeout(timer));
  }

  /** Half closed, or gone for good? An answer that is sent shows; one that waits for a hashing gets this long. */
  #doubtLater(): void {
    const timer = setTimeout(() => this.#doubt.abort(), this.limits.bodyTimeout);
    this.socket.once('close', () => clearTimeout(timer));
  }
}
