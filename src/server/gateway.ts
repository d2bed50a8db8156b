import type { Socket } from 'node:net';
import type { AccessControl } from './access/index.js';
import { PacedWrites } from './paced-writes.js';
import type { RequestRecord } from './request-record.js';
import { resetSocket } from './reset-socket.js';
import { sendBody } from './send-body.js';
import type { ServerLimits } from './server-limits.js';

/** Answers connections that speak another protocol on the same port. */
export interface Gateway {
  /** Takes over a connection of which `firstPiece` was read. */
  accept(socket: Socket, firstPiece: Buffer): void;
  /** Requests that are being answered now. */
  readonly running: number;
  /** Begins no request any more, and ends every connection as soon as nothing is under way on it. */
  drain(): void;
  close(): void;
}

/** What a gateway uses of its server: the same storage, limits and memory, and who may see what. */
export interface GatewayParts {
  access: AccessControl;
  limits: ServerLimits;
  onRequest: (record: RequestRecord) => void;
  sendBody: typeof sendBody;
  pacedWrites: (socket: Socket) => PacedWrites;
  resetSocket: typeof resetSocket;
}

export function gatewayParts(
  access: AccessControl,
  limits: ServerLimits,
  onRequest: (record: RequestRecord) => void,
): GatewayParts {
  const pacedWrites = (socket: Socket) => new PacedWrites(socket, limits);
  return { access, limits, onRequest, sendBody, pacedWrites, resetSocket };
}

/** The methods of HTTP are capital letters, and no frame begins so: it would be longer than any may be. */
export function isOfGateway(firstPiece: Buffer): boolean {
  const [first = 0] = firstPiece;
  return first >= 0x41 && first <= 0x5a;
}
