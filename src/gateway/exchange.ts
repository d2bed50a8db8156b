import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayContext } from './context.js';
import type { HttpConnection } from './http-connection.js';
import type { Target } from './request-target.js';
import { SAFE_HEADERS } from './safe-headers.js';
import type { WholeReads } from './whole-reads.js';

/** One request and its response. */
export class Exchange {
  bodyBytes = 0;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly context: GatewayContext,
    readonly target: Target,
    readonly connection: HttpConnection,
    readonly reads: WholeReads,
  ) {}

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.connection.signal;
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  /** Answers with a text that is there as a whole. */
  send(status: number, fields: Record<string, string | number>, text: string | Buffer = ''): void {
    const body = Buffer.from(text);
    const length = status === 304 || status === 204 ? {} : { 'Content-Length': body.length };
    this.response.writeHead(status, { ...SAFE_HEADERS, ...length, ...fields });
    this.response.end(this.isHead ? undefined : body);
    this.bodyBytes = this.isHead ? 0 : body.length;
  }
}
