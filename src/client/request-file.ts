import { type JsonObject, ProtocolError, parseReply, type ReplyOf } from '../protocol/index.js';
import type { Range } from './chunk-map.js';
import type { Connection } from './connection.js';
import { checkName } from './remote-stat.js';

export type FileHeader = ReplyOf<'get'>;

/**
 * Asks for a whole file, and returns what the server announces; the body is still to come.
 * @param patience milliseconds to wait for the answer, default the connection's timeout
 */
export async function requestFile(
  connection: Connection,
  name: string,
  patience?: number,
): Promise<FileHeader> {
  connection.send(wholeFileRequest(name));
  return wholeFileHeader(await connection.header(patience), name);
}

export function wholeFileRequest(name: string): object {
  return { op: 'get', name, defer: true };
}

/** What the server announces in reply to a {@link wholeFileRequest}. */
export function wholeFileHeader(reply: JsonObject, name: string): FileHeader {
  const header = checkName(parseReply('get', reply), name);
  if (header.offset !== 0 || header.length !== header.size) {
    throw new ProtocolError(`${name}: the server answered with another range than the whole file`);
  }
  return header;
}

/** What a range is asked for of. */
export interface FileVersion {
  size: number;
  md5: string;
}

/** Asks for a range of the file with this MD5. */
export function sendRange(
  connection: Connection,
  name: string,
  { start, end }: Range,
  file: FileVersion,
): void {
  connection.send({ op: 'get', name, offset: start, length: end - start, ifMd5: file.md5 });
}

/**
 * What the server announces for a range that was asked for; the body is still to come.
 * @throws SealiftError CHANGED when the file is another one now
 */
export async function rangeHeader(
  connection: Connection,
  name: string,
  { start, end }: Range,
  file: FileVersion,
): Promise<FileHeader> {
  const header = checkName(parseReply('get', await connection.header()), name);
  // Rule: what is put at one place of a file must not come from another place, nor from another file.
  if (header.offset !== start || header.length !== end - start) {
    throw new ProtocolError(`${name}: the server answered with another range than the one asked for`);
  }
  if (header.size !== file.size || header.md5 !== file.md5) {
    throw new ProtocolError(`${name}: the server answered with another file than the one asked for`);
  }
  return header;
}

/** As {@link sendRange} and {@link rangeHeader}. */
export async function requestRange(
  connection: Connection,
  name: string,
  range: Range,
  file: FileVersion,
): Promise<FileHeader> {
  sendRange(connection, name, range, file);
  return rangeHeader(connection, name, range, file);
}
