import { setImmediate as nextTurn } from 'node:timers/promises';
import { createHasher, type ExpectedDigest } from '../digest/index.js';
import { SealiftError } from '../errors/index.js';
import { ProtocolError, parseReply, type ReplyOf } from '../protocol/index.js';
import type { Connection } from './connection.js';
import { checkName } from './remote-stat.js';

export type FileHeader = ReplyOf<'get'>;

/** Asks for a whole file, and returns what the server announces; the body is still to come. */
export async function requestFile(connection: Connection, name: string): Promise<FileHeader> {
  connection.send({ op: 'get', name, defer: true });
  const header = checkName(parseReply('get', await connection.header()), name);
  if (header.offset !== 0 || header.length !== header.size) {
    throw new ProtocolError(`${name}: the server answered with another range than the whole file`);
  }
  return header;
}

export interface ReceiveOptions {
  /** A digest that the file must have besides the server's. */
  expect?: ExpectedDigest | undefined;
  /** Called with each piece in order; awaited, so that a slow disk slows the sender. */
  onPiece: (piece: Buffer) => Promise<void> | void;
}

/**
 * Takes in the body that `header` announced, counting and hashing; returns its MD5. When it resolves, the pieces
 * were the announced file, complete; in every other case it rejects.
 * @throws SealiftError CORRUPT when a digest differs; NETWORK when bytes are missing; PROTOCOL when there are more
 */
export async function receiveFile(
  connection: Connection,
  header: FileHeader,
  { expect, onPiece }: ReceiveOptions,
): Promise<string> {
  const { name } = header;
  if (expect?.algorithm === 'md5' && header.md5 !== null) requireExpected(name, expect, header.md5);
  const md5 = await createHasher('md5');
  const other = expect && expect.algorithm !== 'md5' ? await createHasher(expect.algorithm) : null;
  connection.startBody(header.length);
  for (let piece = await connection.body(); piece !== null; piece = await connection.body()) {
    md5.update(piece);
    other?.update(piece);
    await onPiece(piece);
  }
  const announced = header.md5 ?? parseReply('trailer', await connection.header()).md5;
  const received = md5.hex();
  if (received !== announced) {
    throw new SealiftError(
      'CORRUPT',
      `${name}: damaged on the way: announced md5 ${announced}, received ${received}; nothing was kept`,
    );
  }
  if (expect) requireExpected(name, expect, other?.hex() ?? received);
  await nextTurn();
  connection.ensureNothingMore();
  return received;
}

function requireExpected(name: string, expect: ExpectedDigest, found: string): void {
  if (expect.hex === found) return;
  throw new SealiftError(
    'CORRUPT',
    `${name}: not the expected file: expected ${expect.algorithm} ${expect.hex}, the server has ${found}`,
  );
}
