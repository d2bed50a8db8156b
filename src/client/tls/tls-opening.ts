import { isIP, type OnReadOpts } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Opening } from '../opening-steps.js';
import type { ServerAddress } from '../server-url.js';
import { judgeCertificate } from './judge-certificate.js';
import type { KnownServers } from './known-servers.js';

/** A handshake, never one that goes on with an earlier session; and then the question who that is. */
export function tlsOpening(address: ServerAddress, known: KnownServers | undefined): Opening {
  return {
    connect: (onread) => connectTls(address, onread),
    requireTrust: (socket) => requireTrust(socket as TLSSocket, address, known),
  };
}

function connectTls({ host, port }: ServerAddress, onread: OnReadOpts): TLSSocket {
  // Taken by Node's sockets for TLS as by all others, which their type does not know.
  const options: ConnectionOptions & { onread: OnReadOpts } = {
    host,
    port,
    onread,
    ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
    minVersion: 'TLSv1.2',
    // It is judged below, whatever the environment says of such things.
    rejectUnauthorized: false,
  };
  const socket = connect(options);
  return socket.once('connect', () => socket.setNoDelay(true));
}

function requireTrust(socket: TLSSocket, address: ServerAddress, known: KnownServers | undefined): void {
  // Says a string, where its type says an error.
  const fault = String(socket.authorizationError ?? 'unknown');
  judgeCertificate(
    { certificate: socket.getPeerX509Certificate(), fault: socket.authorized ? null : fault },
    address,
    known,
  );
}
