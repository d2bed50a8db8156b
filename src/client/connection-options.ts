import type { KnownServers } from './tls/known-servers.js';

export interface ConnectionOptions {
  /** Milliseconds without progress after which the peer is given up. */
  timeout: number;
  signal?: AbortSignal | undefined;
  /** By whom a server over TLS is known whose certificate nobody else vouches for. */
  known?: KnownServers | undefined;
  /** Somebody is there; a handshake, if there is to be one, comes next. */
  onReached?: (() => void) | undefined;
}
