import type { Socket } from 'node:net';
import type { SealiftError } from '../errors/index.js';
import { encodeFrame, toFailure } from '../protocol/index.js';

/** How long the client gets to read why. */
const LINGER_MS = 1_000;

/** Answers a client that cannot be served at all. */
export function refuse(socket: Socket, error: SealiftError): void {
  socket.on('error', () => {});
  socket.resume();
  socket.end(encodeFrame(toFailure(error)));
  // Absolute, so that a client that goes on sending does not hold the place that it was refused.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
