import { parseReply } from '../protocol/index.js';
import type { Connection } from './connection.js';

/** What a server is shown, to be let in. */
export interface Credentials {
  token?: string | undefined;
}

export function isEmpty({ token }: Credentials): boolean {
  return token === undefined;
}

/**
 * Says who we are, on a connection that was just opened. How long the server makes it wait does not count as silence.
 * @throws SealiftError UNAUTHORIZED
 */
export async function greet(connection: Connection, credentials: Credentials): Promise<void> {
  connection.send({ op: 'hello', ...credentials });
  parseReply('hello', await connection.header(connection.timeout + PENALTY_MS));
}

/** A server may let an address wait that has shown wrong tokens (docs/protocol.md, hello). */
const PENALTY_MS = 30_000;
