import { SealiftError } from '../errors/index.js';

/**
 * Bytes or fields that break docs/protocol.md, whoever sent them. A server answers BAD_REQUEST; a client
 * reports PROTOCOL. `id` is the request's, where it could be read.
 */
export class ProtocolError extends SealiftError {
  readonly id: string | number | undefined;

  constructor(message: string, options?: { cause?: unknown; id?: string | number | undefined }) {
    super('PROTOCOL', message, options);
    this.id = options?.id;
  }
}
