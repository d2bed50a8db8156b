import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpConnection } from '../http-connection.js';
import type { Target } from '../request-target.js';

/** A request that nothing is known of yet but that it is well-formed, and what it is for. */
export interface Asking {
  request: IncomingMessage;
  response: ServerResponse;
  target: Target;
  connection: HttpConnection;
}
