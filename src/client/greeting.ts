import { SealiftError } from '../errors/index.js';
import { PROTOCOL_VERSION, ProtocolError, parseReply } from '../protocol/index.js';
import type { Connection } from './connection.js';
import { formatServerUrl, type ServerAddress } from './server-url.js';

/** What a server is shown, to be let in. */
export interface Credentials {
  token?: string | undefined;
  /** The capability of a share link. */
  share?: string | undefined;
  /** Of chance, the same on all connections: for a link that opens so many times they count as one. */
  session?: string | undefined;
}

export function isEmpty({ token, share }: Credentials): boolean {
  return token === undefined && share === undefined;
}

/** How credentials are shown. */
export interface Manner {
  /** A token may be read by whoever is between here and there. */
  insecure?: boolean | undefined;
  /** Told when the server takes its time, as it does with an address that has shown wrong tokens. */
  onWait?: (() => void) | undefined;
}

/** An answer that takes longer is worth a word; in milliseconds. */
const SHORT_MS = 1_000;

/**
 * Says who we are, on a connection that was just opened.
 * @throws SealiftError UNAUTHORIZED, FORBIDDEN; USAGE where a token would go unencrypted
 */
export async function greet(
  connection: Connection,
  credentials: Credentials,
  { insecure = false, onWait = () => {} }: Manner,
): Promise<void> {
  // Rule: before a byte of it is sent. A token opens everything; what a link opens its maker has chosen.
  if (credentials.token !== undefined && !insecure && !connection.isPrivate) {
    const url = formatServerUrl(connection.address);
    const overTls = formatServerUrl({ ...connection.address, tls: true });
    throw new SealiftError(
      'USAGE',
      `${url}: the token would cross the network unencrypted; connect to ${overTls} (serve --tls), or add --insecure if that is meant`,
    );
  }
  connection.send({ op: 'hello', ...credentials });
  const timer = setTimeout(onWait, SHORT_MS);
  try {
    const { version } = parseReply('hello', await connection.header());
    // Rule: what comes next would mean something else.
    if (version !== PROTOCOL_VERSION) throw new ProtocolError(`the server speaks version ${version}`);
  } catch (error) {
    throw credentials.token === undefined ? error : refused(error, connection.address);
  } finally {
    clearTimeout(timer);
  }
}

/** Says which server takes no such token, as one may have tokens for several. */
function refused(error: unknown, address: ServerAddress): unknown {
  if (!(error instanceof SealiftError) || error.code !== 'UNAUTHORIZED') return error;
  const { code, message, retryAfter } = error;
  const options = { cause: error, ...(retryAfter === undefined ? {} : { retryAfter }) };
  return new SealiftError(code, `${formatServerUrl(address)}: ${message}`, options);
}
