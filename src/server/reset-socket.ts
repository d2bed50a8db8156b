import type { Socket } from 'node:net';
import { tcpSocketOf } from './tls/tcp-socket.js';

/**
 * Ends a connection by a reset, so that nobody takes what has come for all there is. Rule: not while its sending side is being shut down. The
 * system library refuses that (uv_tcp_close_reset: UV_EINVAL), and Node then never closes the socket: its descriptor is lost. By that time all
 * that was to be sent is with the kernel.
 */
export function resetSocket(socket: Socket): void {
  const isShuttingDown = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (!isShuttingDown) tcpSocketOf(socket).resetAndDestroy();
  // The one for TLS is told of it only later.
  socket.destroy();
}
