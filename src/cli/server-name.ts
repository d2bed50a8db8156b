import { abortedError, SealiftError } from '../errors/index.js';

/** A server that was found by the name that it announced. */
export interface ResolvedServer {
  name: string;
  host: string;
  port: number;
  tls: boolean;
  /** A hint: whoever answers can announce any. No certificate is trusted for it. */
  announcedFingerprint: string | null;
  /** Without the fingerprint: discovery tells where a server is, never whom to trust. */
  url: string;
}

export interface ResolveOptions {
  signal?: AbortSignal;
  /** Milliseconds that answers are waited for. Default 2,000. */
  timeout?: number;
  /** Of multicast. Default 5353. */
  port?: number;
}

/** What no address of a server has, and no address is written without but a host's name. */
const WORD = /^[^.:/@\\#?%[\]]{1,63}$/;
const TIMEOUT_MS = 2_000;

/**
 * Looks for the server that `text` names, if it is a word that DNS does not know; null for an ordinary address.
 * @throws SealiftError NETWORK when neither DNS nor the network knows it; CONFLICT when several servers claim it; ABORTED
 */
export async function resolveServerName(
  text: string,
  { signal, timeout = TIMEOUT_MS, port }: ResolveOptions = {},
): Promise<ResolvedServer | null> {
  if (!WORD.test(text) || text.toLowerCase() === 'localhost' || (await isKnownToDns(text, signal)))
    return null;
  const { discover, isServiceName } = await import('../discovery/index.js');
  if (!isServiceName(text)) return null;
  const isMeant = ({ name }: { name: string }) => name.toLowerCase() === text.toLowerCase();
  const options = { timeout, signal, isEnough: (found: { name: string }[]) => found.some(isMeant) };
  const { servers } = await discover({ ...options, ...(port === undefined ? {} : { port }) }).catch(
    (error) => {
      throw withDns(error, text);
    },
  );
  const [server, ...others] = servers.filter(isMeant);
  if (!server) throw notFound(text, timeout);
  if (others.length > 0) throw claimedTwice(text, [server, ...others]);
  const { name, host, tls, fingerprint } = server;
  return {
    name,
    host,
    port: server.port,
    tls,
    announcedFingerprint: fingerprint,
    url: discoveredUrl({ ...server, fingerprint: null }),
  };
}

/** `sealift://HOST:PORT`, or `sealifts://HOST:PORT#sha256:HEX`; ready for `-s`. */
export function discoveredUrl(server: {
  host: string;
  port: number;
  tls: boolean;
  fingerprint: string | null;
}): string {
  const { host, port, tls, fingerprint } = server;
  const pin = tls && fingerprint !== null ? `#sha256:${fingerprint}` : '';
  return `sealift${tls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}${pin}`;
}

/**
 * Whether a token or a capability may go to a server. To one that was found by discovery only over TLS, and only if the certificate that it showed is one that the user knew
 * before: anybody on the network can answer to any name, with any fingerprint.
 * @param found null for a server whose address the user gave
 * @param knownFingerprint that of the certificate shown, if it is in known-servers or in the link that was given; never the announced one
 * @public
 */
export function maySendSecret(found: ResolvedServer | null, knownFingerprint: string | null): boolean {
  if (found === null) return true;
  return found.tls && knownFingerprint !== null && /^[0-9a-f]{64}$/.test(knownFingerprint);
}

async function isKnownToDns(name: string, signal: AbortSignal | undefined): Promise<boolean> {
  const { lookup } = await import('node:dns/promises');
  const known = lookup(name).then(
    () => true,
    () => false,
  );
  if (!signal) return known;
  // Nothing stops a question to DNS, and one that nobody answers takes long.
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortedError(signal));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  return Promise.race([known, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

function notFound(name: string, timeout: number): SealiftError {
  return new SealiftError(
    'NETWORK',
    `server "${name}": DNS knows no such host, and within ${timeout / 1_000} s no server announced that name ("sealift discover" lists those that do)`,
  );
}

function withDns(error: unknown, name: string): unknown {
  if (!(error instanceof SealiftError) || error.code === 'ABORTED') return error;
  const says = `server "${name}": DNS knows no such host, and it cannot be looked for: ${error.message}`;
  return new SealiftError(error.code, says, { cause: error });
}

function claimedTwice(name: string, servers: Parameters<typeof discoveredUrl>[0][]): SealiftError {
  const urls = servers.map((server) => discoveredUrl({ ...server, fingerprint: null }));
  const shown = `${urls.slice(0, 3).join(', ')}${urls.length > 3 ? ', …' : ''}`;
  return new SealiftError(
    'CONFLICT',
    `server "${name}": ${urls.length} servers say that they are it: ${shown}; choose one with -s`,
  );
}
