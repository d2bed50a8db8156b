import { SealiftError } from '../errors/index.js';

/**
 * Bytes or fields that break docs/protocol.md, whoever sent them. A server answers BAD_REQUEST; a client
 * reports PROTOCOL.
 */
export class ProtocolError extends SealiftError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('PROTOCOL', message, options);
  }
}
