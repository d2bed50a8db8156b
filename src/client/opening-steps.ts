import type { OnReadOpts, Socket } from 'node:net';

/** How a connection comes about. */
export interface Opening {
  connect(onread: OnReadOpts): Socket;
  /**
   * To be called as soon as it is there, before a byte is sent.
   * @throws SealiftError UNTRUSTED
   */
  requireTrust(socket: Socket): void;
}
