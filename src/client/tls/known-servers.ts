import type { ServerAddress } from '../server-url.js';

/** Remembers by which certificate servers are known whose certificates nobody else vouches for. */
export interface KnownServers {
  /** Where they are kept, for messages. */
  readonly place: string;
  /**
   * SHA-256 of a server's certificate, 64 lower-case hex digits; undefined for one that is not known.
   * @throws SealiftError when that cannot be told: such a server is not connected to
   */
  fingerprintOf(address: ServerAddress): string | undefined;
  /**
   * Remembers a server that is met for the first time.
   * @throws SealiftError for one that is not to be trusted on first use
   */
  remember(address: ServerAddress, fingerprint: string): void;
}

/** Over TLS if the user says so; or says nothing, and the server is known by a certificate: nobody on the way can talk that down. */
export function withTls(address: ServerAddress, known: KnownServers | undefined): ServerAddress {
  if (address.tls !== undefined || known?.fingerprintOf(address) === undefined) return address;
  return { ...address, tls: true };
}
