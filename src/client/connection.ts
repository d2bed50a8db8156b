import type { Socket } from 'node:net';
import { abortedError, type SealiftError } from '../errors/index.js';
import {
  decodeReply,
  encodeFrame,
  FrameDecoder,
  type FrameEvent,
  type JsonObject,
  ProtocolError,
} from '../protocol/index.js';
import { BodyFills } from './body-fills.js';
import {
  lostError,
  networkError,
  otherServiceError,
  shortBy,
  silenceError,
  timeoutError,
} from './connection-errors.js';
import type { ConnectionOptions } from './connection-options.js';
import { Inbox } from './inbox.js';
import { isLoopback } from './loopback.js';
import { type Opening, openingOf } from './opening.js';
import { ReadScratch } from './read-scratch.js';
import type { ServerAddress } from './server-url.js';
import { whenConnected } from './when-connected.js';

/** Of a body that is taken as a whole; more is taken as more comes. */
const FIRST_CAPACITY = 64 * 1024;

/**
 * One connection to a server, read by pulling: nothing is taken from the socket that nobody has asked for, but for a
 * constant. A body is read by the kernel right to where it is wanted. Every error is a SealiftError: NETWORK when the
 * connection broke or ended early, TIMEOUT, PROTOCOL, ABORTED.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(decodeReply);
  readonly #inbox = new Inbox();
  /** While there is one, nothing is in the inbox or the decoder. */
  readonly #fills: BodyFills;
  readonly #scratch = new ReadScratch();
  /** The socket reads into the first fill, and not into the scratch. */
  #isDirect = false;
  #isStopped = false;
  #wake: (() => void) | null = null;
  /** Made when it is thrown: how many bytes are missing is known only once all that came is used up. */
  #failure: (() => unknown) | null = null;
  #gotFailure = false;
  #gotHeader = false;

  private constructor(
    readonly address: ServerAddress,
    /** Milliseconds without progress after which the peer is given up. */
    readonly timeout: number,
    opening: Opening,
  ) {
    this.#fills = new BodyFills(this.#decoder, timeout, (failure) =>
      this.#end(failure ?? (() => timeoutError(address, timeout))),
    );
    const onread = { buffer: () => this.#nextBuffer(), callback: (count: number) => this.#onRead(count) };
    this.#socket = opening.connect(onread);
  }

  static async open(address: ServerAddress, options: ConnectionOptions): Promise<Connection> {
    const opening = await openingOf(address, options.known);
    if (options.signal?.aborted) throw abortedError(options.signal);
    const connection = new Connection(address, options.timeout, opening);
    if (options.onReached) connection.#socket.once('connect', options.onReached);
    const onConnect = () => {
      // Rule: nothing is sent to who may be somebody else.
      opening.requireTrust(connection.#socket);
      connection.#listen();
    };
    await whenConnected(connection.#socket, address, { ...options, onConnect });
    return connection;
  }

  /** Nobody between here and there reads along. */
  get isPrivate(): boolean {
    return 'encrypted' in this.#socket || isLoopback(this.#socket.remoteAddress ?? '');
  }

  /** The last request was answered with a failure frame, which is a whole reply. */
  get gotFailure(): boolean {
    return this.#gotFailure;
  }

  /** Between frames, and the peer has neither left nor sent what nobody asked for. */
  get isIdle(): boolean {
    return this.#failure === null && this.#inbox.isEmpty && this.#decoder.atBoundary;
  }

  send(request: object): void {
    this.sendAll([request]);
  }

  /** Requests that are answered one after the other, in one write. */
  sendAll(requests: object[]): void {
    this.#gotFailure = false;
    // A server that refuses connections says why and closes, without waiting for a request: that is still to be read.
    if (this.#failure && !this.#inbox.isEmpty) return;
    if (this.#failure) throw this.#failure();
    this.#socket.write(Buffer.concat(requests.map(encodeFrame)));
  }

  /** Sends a header with its body. Resolves when the kernel has them, or the connection ended, which whoever reads is told. */
  sendBody(header: object, body: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.cork();
      this.#socket.write(encodeFrame(header));
      this.#socket.write(body, () => resolve());
      this.#socket.uncork();
    });
  }

  /** The next header, if it is here already. */
  headerNow(): JsonObject | null {
    for (;;) {
      const event = this.#next();
      if (event?.kind === 'header') return this.#got(event.header);
      if (event) continue;
      const piece = this.#inbox.shift();
      if (piece === undefined) return null;
      if (!this.#inbox.isFull) this.#goOn();
      this.#decoder.push(piece);
    }
  }

  /** The next header. Waits `patience` milliseconds at the most, however many bytes drip in meanwhile. */
  async header(patience = this.timeout): Promise<JsonObject> {
    const deadline = performance.now() + patience;
    for (;;) {
      const header = this.headerNow();
      if (header) return header;
      await this.#more(deadline - performance.now());
    }
  }

  /** Says that the header just read is followed by a body of this many bytes. */
  startBody(length: number): void {
    this.#decoder.expectBody(length);
    this.#fills.begin();
  }

  /**
   * Resolves when `target` is full of the next bytes of the body, of which there must be as many. Several may be
   * asked for at once, and are filled in order.
   * @param onBytes told of bytes as they come
   */
  fill(target: Buffer, onBytes: (count: number) => void = () => {}): Promise<void> {
    if (target.length === 0) return Promise.resolve();
    const isFirst = this.#fills.isEmpty;
    const filled = this.#fills.add(target, onBytes);
    if (isFirst) this.#fillFromInbox();
    return filled;
  }

  /** The body behind the header just read, if all of it is here. The bytes are only lent, until the connection is used again. */
  bodyNow(length: number): Buffer | null {
    this.#decoder.expectBody(length);
    return this.#decoder.takeBody();
  }

  /**
   * A body of moderate length as a whole. Not taken at its word: memory is made as bytes come.
   * @param memory to be used before any is made
   */
  async wholeBody(length: number, memory?: Buffer): Promise<Buffer> {
    this.startBody(length);
    let whole = (memory ?? Buffer.allocUnsafe(Math.min(length, FIRST_CAPACITY))).subarray(0, length);
    await this.fill(whole);
    while (whole.length < length) {
      const larger = Buffer.allocUnsafe(Math.min(length, 2 * whole.length));
      whole.copy(larger);
      await this.fill(larger.subarray(whole.length));
      whole = larger;
    }
    return whole;
  }

  /** @throws ProtocolError when the peer sent more than it announced, as far as that has arrived */
  ensureNothingMore(): void {
    if (!this.#inbox.isEmpty || !this.#decoder.atBoundary) {
      throw new ProtocolError('the server sent more bytes than it announced');
    }
  }

  destroy(): void {
    this.#end(() => this.#lost('the connection was closed'));
  }

  #listen(): void {
    this.#socket.on('error', (error) => this.#end(() => networkError(error, this.address, this.#midBody())));
    this.#socket.on('end', () => this.#end(() => this.#lost('the server ended the connection early')));
    this.#socket.on('close', () => this.#end(() => this.#lost('the connection was closed')));
    this.#socket.resume();
  }

  #nextBuffer(): Buffer {
    const direct = this.#fills.direct;
    this.#isDirect = direct !== null;
    return direct ?? this.#scratch.buffer;
  }

  /** False to be told nothing more until the socket is resumed. */
  #onRead(count: number): boolean {
    if (this.#isDirect) {
      this.#fills.filledDirectly(count);
    } else {
      this.#inbox.push(this.#scratch.take(count));
      if (!this.#fills.isEmpty) this.#fillFromInbox();
      else this.#wake?.();
    }
    // Rule: of a body nothing is read that nobody waits for.
    const isWanted = !this.#fills.isEmpty || (this.#decoder.bodyLeft === 0 && !this.#inbox.isFull);
    this.#isStopped = !isWanted;
    return isWanted;
  }

  #fillFromInbox(): void {
    if (this.#fills.fillFrom(this.#inbox)) return;
    // What arrived before the connection ended still counts.
    if (this.#failure) return this.#fills.rejectAll(this.#failure());
    this.#fills.wait();
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#isStopped || this.#failure) return;
    this.#isStopped = false;
    this.#socket.resume();
  }

  async #more(milliseconds: number): Promise<void> {
    if (this.#inbox.isEmpty && this.#failure === null) await this.#wait(milliseconds);
    // What arrived before the connection ended still counts.
    if (this.#inbox.isEmpty) throw this.#failure?.() ?? this.#noProgress();
  }

  #got(header: JsonObject): JsonObject {
    this.#gotHeader = true;
    this.#gotFailure = header.ok === false;
    return header;
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#wake = null;
      };
      const timer = setTimeout(
        () => {
          settle();
          const error = this.#noProgress();
          this.#end(() => error);
          reject(error);
        },
        Math.max(0, milliseconds),
      );
      this.#wake = () => {
        settle();
        resolve();
      };
      this.#goOn();
    });
  }

  #end(failure: () => unknown): void {
    this.#failure ??= failure;
    this.#socket.destroy();
    this.#fills.rejectAll(this.#failure());
    this.#wake?.();
  }

  #noProgress(): SealiftError {
    return (this.#gotHeader ? timeoutError : silenceError)(this.address, this.timeout);
  }

  #lost(message: string): SealiftError {
    return lostError(this.address, `${message}${this.#midBody()}`);
  }

  #midBody(): string {
    return shortBy(this.#decoder.bodyLeft);
  }

  #next(): FrameEvent | null {
    try {
      return this.#decoder.next();
    } catch (cause) {
      if (this.#gotHeader || !(cause instanceof ProtocolError)) throw cause;
      throw otherServiceError(this.address, cause);
    }
  }
}
