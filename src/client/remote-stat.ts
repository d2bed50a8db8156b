import { escapeControls, SealiftError } from '../errors/index.js';
import {
  faultOfName,
  type HashingProgress,
  ProtocolError,
  parseReply,
  type ReplyOf,
} from '../protocol/index.js';
import { headerAfterHashing } from './after-hashing.js';
import type { Connection } from './connection.js';

export interface StatOptions {
  fresh?: boolean;
  onHashing?: ((progress: HashingProgress) => void) | undefined;
}

/** One served file's facts, its MD5 included. Waits as long as the server's hashing makes progress. */
export async function remoteStat(
  connection: Connection,
  name: string,
  { fresh = false, onHashing }: StatOptions,
): Promise<ReplyOf<'stat'>> {
  connection.send({ op: 'stat', name, progress: true, ...(fresh ? { fresh } : {}) });
  return checkName(parseReply('stat', await headerAfterHashing(connection, name, onHashing)), name);
}

/** Rule: a reply whose name differs is a protocol error; nothing of it is used. */
export function checkName<R extends { name: string }>(reply: R, asked: string): R {
  if (reply.name !== asked) {
    const other = escapeControls(reply.name.slice(0, 100));
    throw new ProtocolError(`${asked}: the server answered with another name: ${other}`);
  }
  return reply;
}

/** @throws SealiftError NOT_FOUND for a name that no server may serve, without asking one */
export function checkAskedName(name: string): void {
  const fault = faultOfName(name);
  if (fault !== null) throw new SealiftError('NOT_FOUND', `${name}: no such file: the name ${fault}`);
}
