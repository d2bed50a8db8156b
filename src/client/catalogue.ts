import { SealiftError } from '../errors/index.js';
import {
  compareNames,
  decodeEntry,
  type Entry,
  faultOfName,
  Pattern,
  ProtocolError,
  parseReply,
  type ReplyOf,
} from '../protocol/index.js';
import type { Connection } from './connection.js';

const NEWLINE = 0x0a;

/** A page of a listing as it came. */
export interface CataloguePage {
  /** Where the next one begins, if this one keeps the rules; null at the end. */
  next: string | null;
  /** @throws ProtocolError when a line or a name breaks the rules */
  entries(): Entry[];
}

/** One page of the listing of `pattern` behind `after`. */
export function listPage(
  connection: Connection,
  pattern: Pattern,
  after: string | undefined,
): Promise<CataloguePage> {
  connection.send({ op: 'list', pattern: pattern.text, ...(after === undefined ? {} : { after }) });
  return readPage(connection, pattern, after);
}

/** The reply to a request for a page. The last page is looked through at once. */
export async function readPage(
  connection: Connection,
  pattern: Pattern,
  after: string | undefined,
): Promise<CataloguePage> {
  const reply = parseReply('list', await connection.header());
  const body = await connection.wholeBody(reply.length);
  const { next } = reply;
  const read = () => entriesOf(body, reply, pattern, after);
  if (next !== null) return { next, entries: read };
  const entries = read();
  return { next, entries: () => entries };
}

/**
 * A name that breaks the rules, is out of order or was not asked for is a protocol error: whoever takes paths from a listing
 * relies on it.
 */
function entriesOf(
  body: Buffer,
  reply: ReplyOf<'list'>,
  pattern: Pattern,
  after: string | undefined,
): Entry[] {
  const entries = decodeLines(body, reply);
  let last = after;
  for (const { name } of entries) {
    const fault = faultOfName(name);
    if (fault !== null) throw new ProtocolError(`listing has a name that ${fault}`);
    if (!pattern.matches(name)) throw new ProtocolError(`listing has a name nobody asked for: ${name}`);
    if (last !== undefined && compareNames(name, last) <= 0) {
      throw new ProtocolError(`listing is out of order at ${name}`);
    }
    last = name;
  }
  // An empty page that goes on would be asked for again and again.
  if (reply.next !== null && (reply.next !== last || entries.length === 0))
    throw new ProtocolError('listing goes on from another name');
  return entries;
}

function decodeLines(body: Buffer, reply: ReplyOf<'list'>): Entry[] {
  const entries: Entry[] = [];
  for (let start = 0; start < body.length; ) {
    const end = body.indexOf(NEWLINE, start);
    if (end < 0) throw new ProtocolError('listing ends inside a line');
    entries.push(decodeEntry(body.subarray(start, end)));
    start = end + 1;
  }
  if (entries.length !== reply.count) {
    throw new ProtocolError(`listing has ${entries.length} lines, ${reply.count} announced`);
  }
  return entries;
}

/** @throws SealiftError USAGE when the pattern is one that no server takes */
export function parsePattern(text: string): Pattern {
  try {
    return new Pattern(text);
  } catch (cause) {
    throw new SealiftError('USAGE', (cause as Error).message, { cause });
  }
}
