import { connect, type Socket } from 'node:net';
import { abortedError, SealiftError, systemCode } from '../errors/index.js';
import {
  encodeFrame,
  FrameDecoder,
  type FrameEvent,
  type JsonObject,
  ProtocolError,
} from '../protocol/index.js';
import { formatServerUrl, type ServerAddress } from './server-url.js';

/** Received and not yet asked for, in bytes: above it the socket is paused. */
const HELD_MAX = 1 << 20;
/** Pieces up to this size are put together while they wait: each costs more than its bytes. */
const SMALL_PIECE = 16 * 1024;
/** Of a body that is taken as a whole; more is taken as more comes. */
const FIRST_CAPACITY = 64 * 1024;
/** A body or a hashing that is slower than this over a whole timeout makes no progress. Bytes a second. */
export const PROGRESS_RATE = 500;

export interface ConnectionOptions {
  /** Milliseconds without progress after which the peer is given up. */
  timeout: number;
  signal?: AbortSignal | undefined;
}

/**
 * One connection to a server, read by pulling: nothing is taken from the socket that nobody has asked for, but for a
 * constant. Every error is a SealiftError: NETWORK when the connection broke or ended early, TIMEOUT, PROTOCOL, ABORTED.
 */
export class Connection {
  readonly #decoder = new FrameDecoder();
  readonly #pieces: Buffer[] = [];
  #held = 0;
  #wake: (() => void) | null = null;
  /** Made when it is thrown: how many bytes are missing is known only once all that came is used up. */
  #failure: (() => SealiftError) | null = null;
  #bodyBudget = 0;
  #bytesSinceBudget = 0;
  #gotFailure = false;
  #gotHeader = false;

  private constructor(
    private readonly socket: Socket,
    readonly address: ServerAddress,
    /** Milliseconds without progress after which the peer is given up. */
    readonly timeout: number,
  ) {
    socket.on('data', (piece) => this.#onData(piece));
    socket.on('error', (error) => this.#end(() => networkError(error, address, this.#midBody())));
    socket.on('end', () => this.#end(() => this.#lost('the server ended the connection early')));
    socket.on('close', () => this.#end(() => this.#lost('the connection was closed')));
  }

  static open(address: ServerAddress, { timeout, signal }: ConnectionOptions): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedError(signal));
      const socket = connect({ ...address, noDelay: true });
      const fail = (error: SealiftError) => {
        settle();
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      };
      const onError = (error: Error) => fail(networkError(error, address));
      const onAbort = () => fail(abortedError(signal));
      const timer = setTimeout(() => fail(timeoutError(address, timeout)), timeout);
      const settle = () => {
        clearTimeout(timer);
        socket.removeAllListeners();
        signal?.removeEventListener('abort', onAbort);
      };
      socket.once('error', onError);
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => {
        settle();
        resolve(new Connection(socket, address, timeout));
      });
    });
  }

  /** The last request was answered with a failure frame, which is a whole reply. */
  get gotFailure(): boolean {
    return this.#gotFailure;
  }

  /** Between frames, and the peer has neither left nor sent what nobody asked for. */
  get isIdle(): boolean {
    return this.#failure === null && this.#held === 0 && this.#decoder.atBoundary;
  }

  send(request: object): void {
    this.sendAll([request]);
  }

  /** Requests that are answered one after the other, in one write. */
  sendAll(requests: object[]): void {
    this.#gotFailure = false;
    // A server that refuses connections says why and closes, without waiting for a request: that is still to be read.
    if (this.#failure && this.#held > 0) return;
    if (this.#failure) throw this.#failure();
    this.socket.write(Buffer.concat(requests.map(encodeFrame)));
  }

  /** The next header. Waits `patience` milliseconds at the most, however many bytes drip in meanwhile. */
  async header(patience = this.timeout): Promise<JsonObject> {
    const deadline = performance.now() + patience;
    for (;;) {
      const event = this.#next();
      if (event?.kind === 'header') {
        this.#gotHeader = true;
        this.#gotFailure = event.header.ok === false;
        return event.header;
      }
      if (event === null) await this.#more(deadline - performance.now());
    }
  }

  /** Says that the header just read is followed by a body of this many bytes. */
  startBody(length: number): void {
    this.#decoder.expectBody(length);
    this.#bodyBudget = this.timeout;
    this.#bytesSinceBudget = 0;
  }

  /** The next piece of the body, or null at its end. The caller may keep the piece. */
  async body(): Promise<Buffer | null> {
    if (this.#decoder.bodyLeft === 0) return null;
    for (;;) {
      const event = this.#decoder.next();
      if (event?.kind === 'body') {
        this.#countProgress(event.bytes.length);
        return event.bytes;
      }
      const startedAt = performance.now();
      await this.#more(this.#bodyBudget);
      this.#bodyBudget -= performance.now() - startedAt;
    }
  }

  /**
   * A body of moderate length as a whole. Not taken at its word: memory is made as bytes come.
   * @param memory to be used before any is made
   */
  async wholeBody(length: number, memory?: Buffer): Promise<Buffer> {
    this.startBody(length);
    let whole = memory ?? Buffer.allocUnsafe(Math.min(length, FIRST_CAPACITY));
    let filled = 0;
    for (let piece = await this.body(); piece !== null; piece = await this.body()) {
      if (filled + piece.length > whole.length) {
        const larger = Buffer.allocUnsafe(
          Math.min(length, Math.max(2 * whole.length, filled + piece.length)),
        );
        whole.copy(larger, 0, 0, filled);
        whole = larger;
      }
      filled += piece.copy(whole, filled);
    }
    return whole.subarray(0, filled);
  }

  /** @throws ProtocolError when the peer sent more than it announced, as far as that has arrived */
  ensureNothingMore(): void {
    if (this.#held > 0 || !this.#decoder.atBoundary) {
      throw new ProtocolError('the server sent more bytes than it announced');
    }
  }

  destroy(): void {
    this.#end(() => this.#lost('the connection was closed'));
  }

  /** Only waiting for the peer is held against it, and forgiven once it has sent enough. */
  #countProgress(bytes: number): void {
    this.#bytesSinceBudget += bytes;
    if (this.#bytesSinceBudget * 1_000 < PROGRESS_RATE * this.timeout) return;
    this.#bodyBudget = this.timeout;
    this.#bytesSinceBudget = 0;
  }

  async #more(milliseconds: number): Promise<void> {
    if (this.#pieces.length === 0 && this.#failure === null) await this.#wait(milliseconds);
    const piece = this.#pieces.shift();
    // What arrived before the connection ended still counts.
    if (piece === undefined) throw this.#failure?.() ?? timeoutError(this.address, this.timeout);
    this.#held -= piece.length;
    if (this.#held < HELD_MAX && this.socket.isPaused()) this.socket.resume();
    this.#decoder.push(piece);
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
          const error = timeoutError(this.address, this.timeout);
          this.#end(() => error);
          reject(error);
        },
        Math.max(0, milliseconds),
      );
      this.#wake = () => {
        settle();
        resolve();
      };
    });
  }

  #onData(piece: Buffer): void {
    this.#hold(piece);
    this.#held += piece.length;
    if (this.#held >= HELD_MAX) this.socket.pause();
    this.#wake?.();
  }

  #hold(piece: Buffer): void {
    let last = piece;
    // Each byte is copied a few times at the most: only pieces of about the same size are put together.
    for (let before = this.#pieces.at(-1); before; before = this.#pieces.at(-1)) {
      if (before.length + last.length > SMALL_PIECE || before.length > 2 * last.length) break;
      this.#pieces.pop();
      last = Buffer.concat([before, last]);
    }
    this.#pieces.push(last);
  }

  #end(failure: () => SealiftError): void {
    this.#failure ??= failure;
    this.socket.destroy();
    this.#wake?.();
  }

  #lost(message: string): SealiftError {
    return new SealiftError('NETWORK', `${formatServerUrl(this.address)}: ${message}${this.#midBody()}`);
  }

  /** What there is to say of a connection that ends now, if it ends in a body. */
  #midBody(): string {
    const left = this.#decoder.bodyLeft;
    if (left === 0) return '';
    return `, ${left} bytes short; the file may have changed on the server, or the network broke`;
  }

  #next(): FrameEvent | null {
    try {
      return this.#decoder.next();
    } catch (cause) {
      if (this.#gotHeader || !(cause instanceof ProtocolError)) throw cause;
      const peer = formatServerUrl(this.address).replace('sealift://', '');
      const says = `${peer} does not speak Sealift; is it another service? (${cause.message})`;
      throw new ProtocolError(says, { cause });
    }
  }
}

function timeoutError(address: ServerAddress, timeout: number): SealiftError {
  const seconds = timeout / 1_000;
  return new SealiftError('TIMEOUT', `${formatServerUrl(address)}: no progress for ${seconds} s, gave up`);
}

function networkError(cause: unknown, address: ServerAddress, missing = ''): SealiftError {
  const url = formatServerUrl(address);
  const says: Record<string, string> = {
    ECONNREFUSED: `no server at ${url}; is "sealift serve" running there?`,
    ENOTFOUND: `${url}: no such host`,
    EAI_AGAIN: `${url}: the host name cannot be looked up just now`,
    ECONNRESET: `${url}: the connection was reset`,
    EPIPE: `${url}: the server closed the connection`,
    ETIMEDOUT: `${url}: the connection timed out`,
    EHOSTUNREACH: `${url}: no route to the host`,
    ENETUNREACH: `${url}: the network is unreachable`,
  };
  const code = systemCode(cause) ?? '';
  const message = says[code] ?? `${url}: connection failed (${code})`;
  return new SealiftError('NETWORK', `${message}${missing}`, { cause });
}
