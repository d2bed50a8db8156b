import { connect } from 'node:net';

/**
 * One `get` on a connection of its own, whose body is read as fast as somebody pulls it: what nobody pulls stays in the
 * kernel, and then with the server.
 */
export class BodyReader {
  #socket;
  #offset;
  /** Null until its length is read. @type {number | null} */
  #headerLength = null;
  #isHeaderRead = false;
  #wake = () => {};
  /** Bytes of the body that are still to come. */
  left = 0;
  /** @type {Error | null} */
  failure = null;

  /**
   * @param {number} port
   * @param {{ name: string, offset?: number, length?: number }} range
   */
  constructor(port, range) {
    this.#offset = range.offset ?? 0;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const json = Buffer.from(JSON.stringify({ op: 'get', ...range }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(json.length);
    this.#socket.write(Buffer.concat([length, json]));
    this.#socket.on('error', (error) => (this.failure ??= error));
    this.#socket.on('close', () => {
      this.failure ??= new Error('the server closed the connection');
      this.#wake();
    });
    // Without somebody who listens for it, nothing is read from the kernel.
    this.#socket.on('readable', () => this.#wake());
  }

  /**
   * Hands over what is there of the body, at most `most` bytes, with where in the file it belongs.
   * @param {number} most
   * @param {(piece: Buffer, at: number) => void} onPiece
   */
  pull(most, onPiece) {
    if (!this.#isHeaderRead && !this.#readHeader()) return;
    for (let taken = 0; taken < most && this.left > 0; ) {
      const wanted = Math.min(most - taken, this.left, this.#socket.readableLength);
      const piece = wanted === 0 ? null : this.#socket.read(wanted);
      if (piece === null) return;
      onPiece(piece, this.#offset);
      this.#offset += piece.length;
      this.left -= piece.length;
      taken += piece.length;
    }
  }

  #readHeader() {
    this.#headerLength ??= this.#socket.read(4)?.readUInt32BE() ?? null;
    const header = this.#headerLength === null ? null : this.#socket.read(this.#headerLength);
    if (header === null) return false;
    const { ok, length } = JSON.parse(header.toString());
    if (ok !== true) throw new Error(header.toString());
    this.left = length;
    this.#isHeaderRead = true;
    return true;
  }

  /**
   * Reads everything as fast as it comes.
   * @param {(piece: Buffer, at: number) => void} onPiece
   */
  async pullAll(onPiece) {
    for (;;) {
      this.pull(Number.POSITIVE_INFINITY, onPiece);
      if (this.#isHeaderRead && this.left === 0) break;
      if (this.failure) throw this.failure;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
    this.close();
  }

  /** Whether the server has begun to answer. */
  get isBegun() {
    return this.#isHeaderRead;
  }

  close() {
    this.#socket.destroy();
  }
}
