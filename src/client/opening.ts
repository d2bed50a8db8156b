import { connect } from 'node:net';
import type { Opening } from './opening-steps.js';
import type { ServerAddress } from './server-url.js';
import type { KnownServers } from './tls/known-servers.js';

export type { Opening };

/** By TLS if the address says so; what that takes is loaded only then. */
export async function openingOf(address: ServerAddress, known: KnownServers | undefined): Promise<Opening> {
  if (address.tls === true) return (await import('./tls/tls-opening.js')).tlsOpening(address, known);
  const { host, port } = address;
  return { connect: (onread) => connect({ host, port, noDelay: true, onread }), requireTrust: () => {} };
}
