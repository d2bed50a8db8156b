import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { ServerAddress } from './server-url.js';
import type { KnownServers } from './tls/known-servers.js';

/** How a connection comes about. */
export interface Opening {
  connect(onread: OnReadOpts): Socket;
  /**
   * To be called as soon as it is there, before a byte is sent.
   * @throws SealiftError UNTRUSTED
   */
  requireTrust(socket: Socket): void;
}

/** By TLS if the address says so; what that takes is loaded only then. */
export async function openingOf(address: ServerAddress, known: KnownServers | undefined): Promise<Opening> {
  if (address.tls === true) return (await import('./tls/tls-opening.js')).tlsOpening(address, known);
  const { host, port } = address;
  return { connect: (onread) => connect({ host, port, noDelay: true, onread }), requireTrust: () => {} };
}
