import type { KnownServers } from '../client/index.js';
import { parseServerUrl } from '../client/index.js';
import { SealiftError } from '../errors/index.js';
import { tokenFor } from './credentials.js';
import { KnownServersFile } from './known-servers.js';
import { maySendSecret, type ResolvedServer, type ResolveOptions, resolveServerName } from './server-name.js';

interface FoundServer {
  /** For {@link connect}. */
  url: string;
  knownServers: KnownServers;
  token?: string;
}

interface FindOptions extends ResolveOptions {
  /** False where nobody would read that a server was met for the first time: it is refused then. */
  mayRemember?: boolean;
  /** Told of what is allowed, and not wise. */
  warn: (message: string) => void;
}

/**
 * Where the server is that was written behind `-s`, how it is known, and what it is shown.
 * @throws SealiftError for a name that nobody has; UNTRUSTED where a token would go to whoever announces a name
 */
export async function findServer(
  server: string,
  { mayRemember = true, warn, ...resolving }: FindOptions,
): Promise<FoundServer> {
  const found = await resolveServerName(server, resolving);
  const url = found?.url ?? server;
  const knownServers = new KnownServersFile(mayRemember);
  const token = tokenFor(url, warn);
  if (token === undefined) return { url, knownServers };
  const known = found && (knownServers.fingerprintOf(parseServerUrl(url)) ?? null);
  if (!maySendSecret(found, known)) {
    const { host, port, tls } = found as ResolvedServer;
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const hint = tls
      ? `before its certificate is known: put "${place} sha256:HEX", as the server printed it, into ${knownServers.place}`
      : 'without TLS: unset SEALIFT_TOKEN if it needs none, or give its address instead of its name';
    throw new SealiftError(
      'UNTRUSTED',
      `server "${server}" is at ${url}, says whoever answers in this network; it gets no token ${hint}`,
    );
  }
  return { url, knownServers, token };
}
