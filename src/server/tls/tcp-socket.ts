import type { Socket } from 'node:net';

/**
 * The TCP socket that a connection runs over: itself, or the one beneath its TLS. A reset, and how much the kernel has taken, are matters of that
 * one; Node's sockets for TLS know of neither.
 */
export function tcpSocketOf(socket: Socket): Socket {
  return (socket as Socket & { _parent?: Socket | null })._parent ?? socket;
}
