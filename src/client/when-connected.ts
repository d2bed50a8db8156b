import type { Socket } from 'node:net';
import { abortedError } from '../errors/index.js';
import { networkError, timeoutError } from './connection-errors.js';
import type { ServerAddress } from './server-url.js';

/** A server whose machine vanished while a program runs there tells nothing by itself. */
const KEEP_ALIVE_MS = 300_000;

/**
 * Waits until a socket is connected, and has shaken hands if the address is one of TLS; it is destroyed when it cannot be.
 * @param onConnect called at once: nothing that happens to the socket may come before it. What it throws ends the socket
 * @throws SealiftError NETWORK, TIMEOUT, ABORTED
 */
export function whenConnected(
  socket: Socket,
  address: ServerAddress,
  {
    timeout,
    signal,
    onConnect,
  }: { timeout: number; signal?: AbortSignal | undefined; onConnect: () => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const event = address.tls === true ? 'secureConnect' : 'connect';
    const fail = (error: unknown) => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onError = (error: Error) => fail(networkError(error, address));
    const onAbort = () => fail(abortedError(signal));
    const timer = setTimeout(() => fail(timeoutError(address, timeout)), timeout);
    const isConnected = () => {
      settle();
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      try {
        onConnect();
      } catch (error) {
        return fail(error);
      }
      resolve();
    };
    const settle = () => {
      clearTimeout(timer);
      socket.off('error', onError).off(event, isConnected);
      signal?.removeEventListener('abort', onAbort);
    };
    socket.once('error', onError).once(event, isConnected);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
