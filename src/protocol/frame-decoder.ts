import { decodeHeader, type JsonObject } from './header-json.js';
import { FRAME_PREFIX, HEADER_MAX, HEADER_MIN } from './limits.js';
import { ProtocolError } from './protocol-error.js';

export type FrameEvent =
  | { kind: 'header'; header: JsonObject; size: number }
  | { kind: 'body'; bytes: Buffer; last: boolean };

const EMPTY = Buffer.alloc(0);

/**
 * Cuts a byte stream into headers and pieces of bodies, without sockets and without reading ahead.
 *
 * `push` one piece of the stream, then call `next` until it returns null: the piece is used up. Whoever gets a
 * header says how long its body is with `expectBody` before the next `next`. Stopping half-way is allowed: the rest of the
 * piece waits. States: length prefix → header → (body →) length prefix …
 *
 * Holds at most one header (65,536 bytes) besides the caller's own piece; body bytes are slices of it.
 */
export class FrameDecoder {
  #piece: Buffer = EMPTY;
  #at = 0;
  #prefix = 0;
  #prefixBytes = 0;
  /** The header being gathered when it came in more than one piece. */
  #header: Buffer | null = null;
  #headerBytes = 0;
  #body = 0;

  /** @param decode makes a header of its bytes, by the rules of {@link decodeHeader} */
  constructor(private readonly decode: (bytes: Uint8Array) => JsonObject = decodeHeader) {}

  /** The piece before must be used up: whoever pushes early would lose bytes. */
  push(piece: Buffer): void {
    if (this.#at < this.#piece.length) throw new Error('push before the last piece was used up');
    this.#piece = piece;
    this.#at = 0;
  }

  /** The header that `next` just returned is followed by this many bytes of body. */
  expectBody(length: number): void {
    this.#body = length;
  }

  /** Moves body bytes out of the piece into `target`, as many as there are and fit; returns how many. */
  readBody(target: Buffer): number {
    const count = Math.min(target.length, this.#body, this.#piece.length - this.#at);
    this.#piece.copy(target, 0, this.#at, this.#at + count);
    this.#at += count;
    this.#body -= count;
    return count;
  }

  /** All of the body, if it is in the piece: a part of that, and not a copy. */
  takeBody(): Buffer | null {
    const length = this.#body;
    if (this.#piece.length - this.#at < length) return null;
    this.#body = 0;
    return this.#take(length);
  }

  /** So many bytes of the body came another way than by `push`. Only while the piece is used up. */
  skipBody(count: number): void {
    if (this.#at < this.#piece.length) throw new Error('skipped before the piece was used up');
    if (count > this.#body) throw new Error('skipped more than the body');
    this.#body -= count;
  }

  /** Body bytes still to come. */
  get bodyLeft(): number {
    return this.#body;
  }

  /** True between frames: no byte of a next one has been seen. */
  get atBoundary(): boolean {
    return this.#prefixBytes === 0 && this.#body === 0 && this.#at === this.#piece.length;
  }

  /** True while a frame's header has begun and is not complete. */
  get inHeader(): boolean {
    return this.#prefixBytes > 0;
  }

  /**
   * The next header or piece of body, or null when more bytes are needed.
   * @throws ProtocolError when the stream breaks the protocol; the stream cannot be read any further then.
   */
  next(): FrameEvent | null {
    const left = this.#piece.length - this.#at;
    if (left === 0) return null;
    if (this.#body > 0) {
      const bytes = this.#take(Math.min(left, this.#body));
      this.#body -= bytes.length;
      return { kind: 'body', bytes, last: this.#body === 0 };
    }
    if (!this.#readPrefix()) return null;
    const bytes = this.#readHeader();
    if (bytes === null) return null;
    this.#prefix = 0;
    this.#prefixBytes = 0;
    return { kind: 'header', header: this.decode(bytes), size: bytes.length };
  }

  #readPrefix(): boolean {
    while (this.#prefixBytes < FRAME_PREFIX && this.#at < this.#piece.length) {
      // Multiplied, not shifted: a shift would make lengths from 2^31 up negative.
      this.#prefix = this.#prefix * 256 + (this.#piece[this.#at++] as number);
      this.#prefixBytes++;
    }
    if (this.#prefixBytes < FRAME_PREFIX) return false;
    // Checked before anything of that size is allocated.
    if (this.#prefix < HEADER_MIN || this.#prefix > HEADER_MAX) {
      throw new ProtocolError(`not a Sealift frame: header length ${this.#prefix}`);
    }
    return true;
  }

  #readHeader(): Buffer | null {
    const left = this.#piece.length - this.#at;
    if (this.#header === null && left >= this.#prefix) return this.#take(this.#prefix);
    this.#header ??= Buffer.allocUnsafe(this.#prefix);
    const bytes = this.#take(Math.min(left, this.#prefix - this.#headerBytes));
    this.#headerBytes += bytes.copy(this.#header, this.#headerBytes);
    if (this.#headerBytes < this.#prefix) return null;
    const header = this.#header;
    this.#header = null;
    this.#headerBytes = 0;
    return header;
  }

  #take(length: number): Buffer {
    const bytes = this.#piece.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}
