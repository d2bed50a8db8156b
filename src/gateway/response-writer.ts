import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SealiftError } from '../errors/index.js';
import type { BodyWriter, GatewayContext, PeerWatch } from './context.js';

/** Writes one response, no faster than the peer takes it. */
export class ResponseWriter implements BodyWriter {
  /** The response forgets it when it is gone. */
  readonly #socket: Socket;
  readonly #watch: PeerWatch;
  #tooSlow = false;
  #bodyBytes = 0;

  constructor(
    private readonly response: ServerResponse,
    context: GatewayContext,
    private readonly status: number,
  ) {
    const { socket } = response.req;
    this.#socket = socket;
    this.#watch = context.watchPeer(socket, () => {
      this.#tooSlow = true;
      socket.resetAndDestroy();
    });
    this.#watch.begin();
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Held back until the first bytes, which it goes out with. */
  header(fields: object): void {
    this.response.writeHead(this.status, fields as Record<string, string>);
  }

  async body(bytes: Buffer): Promise<void> {
    this.#watch.start();
    try {
      await new Promise<void>((resolve, reject) => {
        const socket = this.#socket;
        const onClose = () => reject(this.#gone());
        if (socket.destroyed) return onClose();
        socket.once('close', onClose);
        this.response.write(bytes, (error) => {
          socket.off('close', onClose);
          if (error || socket.destroyed) reject(this.#gone(error));
          else resolve();
        });
      });
      this.#bodyBytes += bytes.length;
    } finally {
      this.#watch.stop();
    }
  }

  #gone(cause?: unknown): SealiftError {
    return this.#tooSlow
      ? new SealiftError('TIMEOUT', 'the client takes its data too slowly', { cause })
      : new SealiftError('ABORTED', 'the client left', { cause });
  }
}
