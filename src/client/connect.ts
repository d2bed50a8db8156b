import { randomBytes } from 'node:crypto';
import { Sealift } from './client.js';
import { ConnectionPool } from './connection-pool.js';
import { DEFAULT_RETRY, type Retry } from './retry.js';
import { parseServerLink } from './server-url.js';

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
  /** Shown to the server, where that asks for one. One in the address goes before it. */
  token?: string;
  /** Lets a token cross a network unencrypted. */
  insecure?: boolean;
  signal?: AbortSignal;
}

const TIMEOUT_MS = 30_000;

/**
 * Connects to `sealift://[TOKEN@]HOST[:PORT]` or `HOST[:PORT]`, or by a share link to what that opens.
 * @throws SealiftError NETWORK when there is no server, USAGE for an address that is none, UNAUTHORIZED, FORBIDDEN for a link
 * that has come to its end
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Sealift> {
  const {
    timeout = TIMEOUT_MS,
    retries = DEFAULT_RETRY.retries,
    retryDelay = DEFAULT_RETRY.delay,
    connections,
    insecure,
  } = options;
  const retrying = { retries, delay: retryDelay };
  const { address, token = options.token, share } = parseServerLink(url);
  // Rule: who uses a link shows no token: it may lead to anybody's server.
  const credentials =
    share === undefined ? { token } : { share, session: randomBytes(16).toString('base64url') };
  const pool = new ConnectionPool(address, timeout, retrying, connections, credentials, insecure);
  await pool.use(options.signal, async () => {});
  return new Sealift(pool, options.onRetry);
}
