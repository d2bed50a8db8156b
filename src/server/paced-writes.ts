import type { Socket } from 'node:net';
import { SealiftError } from '../errors/index.js';
import { resetSocket } from './reset-socket.js';
import type { ServerLimits } from './server-limits.js';
import { SlowPeerWatch } from './slow-peer-watch.js';

/** Waits until a peer takes what is written to it, and resets one that takes it too slowly. */
export class PacedWrites {
  readonly #watch: SlowPeerWatch;
  #tooSlow = false;

  constructor(
    private readonly socket: Socket,
    limits: ServerLimits,
  ) {
    this.#watch = new SlowPeerWatch(socket, limits, () => {
      this.#tooSlow = true;
      resetSocket(socket);
    });
  }

  /** A reply begins, and with it its average. */
  begin(): void {
    this.#watch.begin();
  }

  /**
   * Resolves when `write` says that it is done: from here on the server waits for the peer, and for nothing else. Once it is settled
   * nothing reads from what was written.
   * @throws SealiftError TIMEOUT for a peer that is too slow, ABORTED for one that has left
   */
  async taken(write: (done: (error?: Error | null) => void) => void): Promise<void> {
    this.#watch.start();
    try {
      await this.written(write);
    } finally {
      this.#watch.stop();
    }
  }

  /** As {@link taken}, from a peer that may take as long as it likes. */
  written(write: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const { socket } = this;
      const onClose = () => reject(this.#gone());
      if (socket.destroyed) return onClose();
      socket.once('close', onClose);
      write((error) => {
        socket.off('close', onClose);
        // Of a socket that was destroyed meanwhile, Node says that it is written.
        if (error || socket.destroyed) reject(this.#gone(error));
        else resolve();
      });
    });
  }

  #gone(cause?: unknown): SealiftError {
    return this.#tooSlow
      ? new SealiftError('TIMEOUT', 'the client takes its data too slowly', { cause })
      : new SealiftError('ABORTED', 'the client left', { cause });
  }
}
