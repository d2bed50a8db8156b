import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A connection that speaks frames, written without Sealift's own codec. Requests may be pipelined. */
export class RaceWire {
  #received = Buffer.alloc(0);
  #isEnded = false;
  /** @type {() => void} */
  #wake = () => {};

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on('data', (piece) => {
      this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  /**
   * @param {number} port
   * @param {boolean} [tls]
   */
  static async to(port, tls = false) {
    const to = { port, host: '127.0.0.1' };
    const socket = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect({ ...to, noDelay: true });
    await once(socket, tls ? 'secureConnect' : 'connect');
    return new RaceWire(socket);
  }

  /** @param {object[]} requests */
  send(requests) {
    const frames = requests.map((request) => {
      const json = Buffer.from(JSON.stringify(request));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(json.length);
      return Buffer.concat([length, json]);
    });
    this.socket.write(Buffer.concat(frames));
  }

  /**
   * The next reply, its body and, behind a deferred digest, its trailer; null if the connection was reset.
   * @returns {Promise<{ header: Record<string, any>, body: Buffer } | null>}
   */
  async reply() {
    const header = await this.#header();
    if (header === null) return null;
    const body = await this.#bytes(header.length ?? 0);
    if (body === null || header.deferred !== true) return body && { header, body };
    const trailer = await this.#header();
    return trailer && { header: { ...header, ...trailer }, body };
  }

  async #header() {
    const prefix = await this.#bytes(4);
    const json = prefix && (await this.#bytes(prefix.readUInt32BE()));
    return json && JSON.parse(json.toString());
  }

  /** @param {number} count */
  async #bytes(count) {
    while (this.#received.length < count) {
      if (this.#isEnded) return null;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }

  close() {
    this.socket.destroy();
  }
}
