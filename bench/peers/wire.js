import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * A client of the protocol without checks or retries, as little as it takes: frames, and bodies by their length. One
 * request at a time.
 */
export class Wire {
  /** @type {Buffer[]} */
  #unread = [];
  #unreadBytes = 0;
  #wake = () => {};
  /** @type {Error | null} */
  #failure = null;

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on('data', (piece) => {
      this.#unread.push(piece);
      this.#unreadBytes += piece.length;
      this.#wake();
    });
    const fail = (/** @type {Error} */ error) => {
      this.#failure ??= error;
      this.#wake();
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed the connection')));
  }

  /** @param {number} port */
  static async to(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  /** @param {object} request */
  send(request) {
    const json = Buffer.from(JSON.stringify(request));
    const frame = Buffer.alloc(4 + json.length);
    frame.writeUInt32BE(json.length);
    json.copy(frame, 4);
    this.socket.write(frame);
  }

  /** @returns {Promise<Record<string, any>>} */
  async header() {
    const length = (await this.bytes(4)).readUInt32BE();
    return JSON.parse((await this.bytes(length)).toString());
  }

  /**
   * The next `count` bytes, in one piece.
   * @param {number} count
   */
  async bytes(count) {
    while (this.#unreadBytes < count) {
      if (this.#failure) throw this.#failure;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
    const all = Buffer.concat(this.#unread);
    this.#unread = all.length > count ? [all.subarray(count)] : [];
    this.#unreadBytes = all.length - count;
    return all.subarray(0, count);
  }

  /**
   * A request, its reply and all of the reply's body.
   * @param {object} request
   */
  async ask(request) {
    this.send(request);
    const header = await this.header();
    if (header.ok !== true) throw new Error(`${JSON.stringify(request)}: ${JSON.stringify(header)}`);
    return { header, body: await this.bytes(header.length ?? 0) };
  }

  close() {
    this.socket.destroy();
  }
}
