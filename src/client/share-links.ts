import { SealiftError } from '../errors/index.js';
import {
  compareNames,
  decodeSharedLink,
  escapePattern,
  PATTERN_MAX,
  Pattern,
  ProtocolError,
  parseReply,
  type ReplyOf,
  SHARE_SECONDS_MAX,
  SHARE_USES_MAX,
  type SharedLink,
} from '../protocol/index.js';
import { parsePattern } from './catalogue.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { checkAskedName } from './remote-stat.js';
import type { ServerAddress } from './server-url.js';
import { addressAs, formatShareLink } from './share-address.js';

export type ShareOptions = ({ name: string; pattern?: never } | { name?: never; pattern: string }) & {
  /** How long it is good for, in milliseconds, of which whole seconds count; default: for ever. */
  expires?: number;
  /** Fetches (sessions, of whichever size) that it is good for; default: without end. */
  uses?: number;
  /** `HOST`, `HOST:PORT` or an address with a scheme, under which others reach the server; default: the one that this client uses. */
  as?: string;
  signal?: AbortSignal;
};

/** A link that was made. `link` is a secret: it opens what it is for. */
export interface Share {
  /** What {@link revokeShare} takes. */
  id: string;
  link: string;
  /** What it opens. */
  pattern: string;
  /** Milliseconds since the Unix epoch; null: never. */
  expiresAt: number | null;
  uses: number | null;
}

/** A link as the server knows it. */
export type ShareInfo = Omit<SharedLink, 'link'> & { id: string };

export async function makeShare(pool: ConnectionPool, options: ShareOptions): Promise<Share> {
  const { expires, uses, as, signal } = options;
  const addressOf = (own: ServerAddress) => (as === undefined ? own : addressAs(as, own));
  addressOf(pool.knownAddress);
  const pattern = patternOf(options);
  const seconds = expires === undefined ? undefined : Math.floor(expires / 1_000);
  checkWhole('expires', seconds, SHARE_SECONDS_MAX, ' seconds');
  checkWhole('uses', uses, SHARE_USES_MAX);
  return pool.use(signal, async (connection) => {
    connection.send({ op: 'share', pattern, expires: seconds, uses });
    const reply = parseReply('share', await connection.header());
    // What a link opens must be what was meant.
    if (reply.pattern !== pattern)
      throw new ProtocolError('the server shares something else than was asked for');
    const { link: id, capability, expiresAt } = reply;
    const address = addressOf(withTlsOf(reply, pool.knownAddress));
    return { id, link: formatShareLink(address, capability), pattern, expiresAt, uses: reply.uses };
  });
}

/** From its own machine a server may be asked without TLS, where others have to use that. */
function withTlsOf({ tls, fingerprint }: ReplyOf<'share'>, own: ServerAddress): ServerAddress {
  if (own.tls || !tls) return own;
  return { ...own, tls, ...(fingerprint === undefined ? {} : { fingerprint }) };
}

/** All links that the server knows, a page at a time, by id. */
export async function* sharePages(
  pool: ConnectionPool,
  signal: AbortSignal | undefined,
): AsyncGenerator<ShareInfo[]> {
  for (let after: string | undefined; ; ) {
    const from = after;
    const { shares, next } = await pool.use(signal, async (connection) => {
      connection.send({ op: 'shares', after: from });
      return readPage(connection, from);
    });
    yield shares;
    if (next === null) return;
    after = next;
  }
}

/** @throws SealiftError NOT_FOUND */
export async function revokeShare(
  pool: ConnectionPool,
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!/^[0-9a-f]{12}$/.test(id)) {
    throw new SealiftError(
      'USAGE',
      `"${id.slice(0, 40)}" is no id of a share link; "sealift share --list" has them`,
    );
  }
  await pool.use(signal, async (connection) => {
    connection.send({ op: 'revoke', link: id });
    parseReply('revoke', await connection.header());
  });
}

async function readPage(
  connection: Connection,
  after: string | undefined,
): Promise<{ shares: ShareInfo[]; next: string | null }> {
  const reply = parseReply('shares', await connection.header());
  const body = await connection.wholeBody(reply.length);
  const shares = linesOf(body, reply).map((line) => {
    const { link: id, ...rest } = decodeSharedLink(line);
    return { id, ...rest };
  });
  let last = after;
  for (const { id } of shares) {
    if (last !== undefined && compareNames(id, last) <= 0)
      throw new ProtocolError(`links are out of order at ${id}`);
    last = id;
  }
  // An empty page that goes on would be asked for again and again.
  if (reply.next !== null && (reply.next !== last || shares.length === 0))
    throw new ProtocolError('the list of links goes on from another one');
  return { shares, next: reply.next };
}

function linesOf(body: Buffer, { count }: ReplyOf<'shares'>): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < body.length; ) {
    const end = body.indexOf('\n', start);
    if (end < 0) throw new ProtocolError('the list of links ends inside a line');
    lines.push(body.subarray(start, end));
    start = end + 1;
  }
  if (lines.length !== count) throw new ProtocolError(`${lines.length} links came, ${count} were announced`);
  return lines;
}

/** A name is that of a file, or of a folder and all below it. */
function patternOf({ name, pattern }: ShareOptions): string {
  if (pattern !== undefined) return parsePattern(pattern).text;
  if (name === undefined) throw new SealiftError('USAGE', 'name or pattern: say what to share');
  checkAskedName(name);
  // `x/**` matches `x` as well.
  const escaped = `${escapePattern(name)}/**`;
  if (Buffer.byteLength(escaped) > PATTERN_MAX) throw new SealiftError('USAGE', `${name}: too long to share`);
  return new Pattern(escaped).text;
}

function checkWhole(what: string, value: number | undefined, max: number, unit = ''): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) return;
  throw new SealiftError('USAGE', `${what}: from 1 to ${max}${unit}`);
}
