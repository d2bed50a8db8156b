import { randomBytes } from 'node:crypto';
import { Sealift } from './client.js';
import type { ConnectOptions } from './connect-options.js';
import { isWithoutTls } from './connection-errors.js';
import { ConnectionPool } from './connection-pool.js';
import { DEFAULT_RETRY, withRetry } from './retry.js';
import { parseServerLink } from './server-url.js';
import { withTls } from './tls/known-servers.js';

const TIMEOUT_MS = 30_000;

/**
 * Connects to `sealift://[TOKEN@]HOST[:PORT]`, `sealifts://[TOKEN@]HOST[:PORT][#sha256:HEX]` (over TLS), or `HOST[:PORT]`, or by a
 * share link to what that opens.
 * @throws SealiftError NETWORK when there is no server, USAGE for an address that is none, UNTRUSTED for a server that may be another,
 * UNAUTHORIZED for a wrong token, FORBIDDEN for a link that has come to its end
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Sealift> {
  const {
    timeout = TIMEOUT_MS,
    retries = DEFAULT_RETRY.retries,
    retryDelay = DEFAULT_RETRY.delay,
    connections,
    knownServers: known,
    insecure,
    onWait,
  } = options;
  const retrying = { retries, delay: retryDelay };
  const { address, token = options.token, share } = parseServerLink(url);
  // Rule: who uses a link shows no token: it may lead to anybody's server.
  const credentials =
    share === undefined ? { token } : { share, session: randomBytes(16).toString('base64url') };
  const entrance = { known, credentials, insecure, onWait };
  const pool = new ConnectionPool(withTls(address, known), timeout, retrying, connections, entrance);
  let foreign = 0;
  await withRetry(() => pool.use(options.signal, async () => {}), {
    policy: retrying,
    signal: options.signal,
    // What is no TLS may be damage, once.
    mayRetry: (error) => pool.everReached && !(isWithoutTls(error) && ++foreign > 1),
    onRetry: options.onRetry,
  });
  return new Sealift(pool, options.onRetry);
}
