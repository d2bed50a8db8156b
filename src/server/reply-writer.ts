import type { Socket } from 'node:net';
import { encodeFrame, type RequestId } from '../protocol/index.js';
import { PacedWrites } from './paced-writes.js';
import type { ServerLimits } from './server-limits.js';

/** Writes replies to one connection, no faster than the peer takes them. */
export class ReplyWriter {
  readonly #paced: PacedWrites;
  #id: RequestId | undefined;
  #owed = 0;
  #bodyBytes = 0;
  #begun = false;

  constructor(
    private readonly socket: Socket,
    limits: ServerLimits,
  ) {
    this.#paced = new PacedWrites(socket, limits);
  }

  /** Frames from now on answer the request with this id. */
  begin(id: RequestId | undefined): void {
    this.#id = id;
    this.#owed = 0;
    this.#bodyBytes = 0;
    this.#begun = false;
    this.#paced.begin();
  }

  /** Body bytes that were announced and are not sent: a failure now can only reset the connection. */
  get owed(): number {
    return this.#owed;
  }

  /** A frame of this reply went out. */
  get begun(): boolean {
    return this.#begun;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Sends a header; `length` bytes of body are owed then. Held back in the socket until {@link body} or {@link flushed}. */
  header(header: object, length = 0): void {
    if (this.#owed > 0) throw new Error('header inside a body');
    this.#owed = length;
    this.#begun = true;
    if (length > 0) this.socket.cork();
    this.socket.write(encodeFrame(this.#id === undefined ? header : { ...header, id: this.#id }));
  }

  /** Sends a piece of the body. Resolves when the kernel has it: the buffer may be used again. */
  async body(bytes: Buffer): Promise<void> {
    if (bytes.length > this.#owed) throw new Error('more body than announced');
    await this.#write(bytes);
    this.#owed -= bytes.length;
    this.#bodyBytes += bytes.length;
  }

  /**
   * Sends a header with its body at once, to a peer that may take as long as it likes. Resolves when the kernel has them: the buffer may
   * be used again.
   */
  async piece(header: object, bytes: Buffer): Promise<void> {
    await this.#paced.written((done) => {
      this.socket.cork();
      this.header(header);
      this.socket.write(bytes, done);
      this.socket.uncork();
    });
    this.#bodyBytes += bytes.length;
  }

  /** Sends a header that says nothing, if nothing is read from the peer, nor on its way to it: only so it shows that it has left. */
  probe(header: object): void {
    if (this.socket.isPaused() && this.socket.writableLength === 0) this.header(header);
  }

  /** Sends whole replies, framed already. Resolves when the kernel has them: the buffer may be used again. */
  async replies(bytes: Buffer): Promise<void> {
    await this.#write(bytes);
  }

  /** Resolves when little enough is waiting in the socket for another reply. */
  async flushed(): Promise<void> {
    if (!this.socket.writableNeedDrain) return;
    await this.#paced.taken((done) => this.socket.once('drain', () => done()));
  }

  #write(bytes: Buffer): Promise<void> {
    return this.#paced.taken((done) => {
      this.socket.write(bytes, done);
      this.socket.uncork();
    });
  }
}
