import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from '../store/index.js';
import type { Admitted } from './access/index.js';
import type { GatewayContext, Grant } from './context.js';
import type { HttpConnection } from './http-connection.js';
import type { Target } from './request-target.js';
import { type SafeHeaders, safeHeaders } from './safe-headers.js';
import { sendText, type TextFields } from './send-text.js';
import type { WholeReads } from './whole-reads.js';

interface ExchangeParts {
  request: IncomingMessage;
  response: ServerResponse;
  context: GatewayContext;
  target: Target;
  connection: HttpConnection;
  reads: WholeReads;
  admitted: Admitted;
}

/** One request of somebody who was let in, and its response. */
export class Exchange {
  bodyBytes = 0;

  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: GatewayContext;
  readonly target: Target;
  readonly connection: HttpConnection;
  readonly reads: WholeReads;
  readonly grant: Grant;
  /** With a browser, which may log out. */
  readonly isLoggedIn: boolean;

  constructor(parts: ExchangeParts) {
    this.request = parts.request;
    this.response = parts.response;
    this.context = parts.context;
    this.target = parts.target;
    this.connection = parts.connection;
    this.reads = parts.reads;
    this.grant = parts.admitted.grant;
    this.isLoggedIn = parts.admitted.isLoggedIn;
  }

  /** What may be seen of the storage. */
  get store(): Store {
    return this.grant.store;
  }

  /** What paths on this server begin with. */
  get base(): string {
    return this.target.base;
  }

  /** Fields of whatever is answered. */
  get safeHeaders(): SafeHeaders {
    return safeHeaders(this.grant);
  }

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.connection.signal;
  }

  get isHead(): boolean {
    return this.request.method === 'HEAD';
  }

  /** Answers with a text that is there as a whole. */
  send(status: number, fields: TextFields, text: string | Buffer = ''): void {
    this.bodyBytes = sendText(this.response, status, { ...this.safeHeaders, ...fields }, text);
  }
}
