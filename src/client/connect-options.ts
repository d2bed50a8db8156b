import type { Retry } from './retry.js';
import type { KnownServers } from './tls/known-servers.js';

export interface ConnectOptions {
  /** Milliseconds without progress after which a server is given up; default 30,000. */
  timeout?: number;
  /** Tries after the first one, when the connection breaks, the server is busy, or stalls; default 5 in a row without progress. */
  retries?: number;
  /** Milliseconds before the first of them, doubled each time; default 200. */
  retryDelay?: number;
  /** Told of each of them, but those of a file, which its own options tell. */
  onRetry?: (retry: Retry) => void;
  /** Connections at a time at the most, 1 to 8; default 8. */
  connections?: number;
  /**
   * Remembers servers whose certificates nobody vouches for, so that they are trusted when they are met for the first time, and are the
   * same ones later. Default: only certificates with an authority behind them, and the one whose fingerprint is in the address.
   */
  knownServers?: KnownServers;
  /** Shown to the server, where that asks for one. One in the address goes before it. */
  token?: string;
  /** Lets a token cross a network unencrypted. */
  insecure?: boolean;
  /** Told when the server takes its time to let us in, as it does with an address that has shown wrong tokens. */
  onWait?: () => void;
  signal?: AbortSignal;
}
