import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A frame as docs/protocol.md has it, written without Sealift's own code, so that a test does not agree with a mistake. */
export function frame(header: unknown): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

/** One end of a connection that speaks frames, or any bytes. Works for both sides. */
export class Wire {
  /** As it came, joined when it is looked at: a large body is not copied for each of its pieces. */
  #pieces: Buffer[] = [];
  #unread = 0;
  #wake: (() => void) | null = null;
  /** How the connection ended, once it has: `end` is a clean FIN, `ECONNRESET` a reset. */
  ending: string | null = null;

  constructor(readonly socket: Socket) {
    socket.on('data', (piece) => {
      this.#pieces.push(piece);
      this.#unread += piece.length;
      this.#wake?.();
    });
    const end = (how: string) => {
      this.ending ??= how;
      this.#wake?.();
    };
    socket.on('end', () => end('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
    socket.on('close', () => end('close'));
  }

  /** Connects to a port of this machine; the connection is ended with the test. */
  static async to(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    const wire = new Wire(socket);
    await once(socket, 'connect');
    return wire;
  }

  /** Connects, and shows a token that lets in. */
  static async admitted(port: number, token: string): Promise<Wire> {
    const wire = await Wire.to(port);
    const { ok, message } = await wire.ask({ op: 'hello', token });
    if (ok !== true) throw new Error(String(message));
    return wire;
  }

  /** Sends a frame for each header, all in one write. */
  send(...headers: unknown[]): void {
    this.socket.write(Buffer.concat(headers.map(frame)));
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** Exactly `count` bytes; throws if the connection ends before. */
  async bytes(count: number): Promise<Buffer> {
    while (this.#unread < count) {
      if (this.ending) throw new Error(`${this.ending} after ${this.#unread} of ${count} bytes`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const received = this.peek();
    this.#pieces = [received.subarray(count)];
    this.#unread -= count;
    return received.subarray(0, count);
  }

  /** The next frame's header. */
  async header(): Promise<Record<string, unknown>> {
    const length = (await this.bytes(4)).readUInt32BE();
    return JSON.parse((await this.bytes(length)).toString());
  }

  /** Sends a request and returns the reply's header. */
  async ask(request: unknown): Promise<Record<string, unknown>> {
    this.send(request);
    return this.header();
  }

  /** Sends a request and returns header and body of the reply. */
  async askBody(request: unknown): Promise<{ header: Record<string, unknown>; body: Buffer }> {
    const header = await this.ask(request);
    return { header, body: await this.bytes(Number(header.length ?? 0)) };
  }

  /** What has come and was not asked for. */
  peek(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] as Buffer;
  }

  /** Bytes that have come and were not asked for. */
  get unread(): number {
    return this.#unread;
  }

  /**
   * Resolves when the connection has ended, with whether by a reset. A reset that comes while data is still to be
   * read looks like a FIN to Node; but after a reset nothing can be sent any more.
   */
  async wasReset(): Promise<boolean> {
    if ((await this.ended()) !== 'end') return true;
    return new Promise((resolve) => this.socket.write('x', (error) => resolve(Boolean(error))));
  }

  /** Resolves with how the connection ended. */
  async ended(): Promise<string> {
    while (this.ending === null) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.ending;
  }
}

/**
 * A server that does whatever a test wants: `serve` is called for each connection with its wire.
 * Returns a URL for a client.
 */
export async function maliciousServer(serve: (wire: Wire) => Promise<void> | void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    Promise.resolve(serve(new Wire(socket))).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `sealift://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The header that an honest server would send for a whole file. */
export function getReply(name: string, body: Buffer, md5: string): Record<string, unknown> {
  return {
    ok: true,
    name,
    type: 'application/octet-stream',
    size: body.length,
    md5,
    mtime: 1_767_225_600_000,
    offset: 0,
    length: body.length,
  };
}
