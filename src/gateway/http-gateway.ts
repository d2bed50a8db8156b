import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SealiftError, systemCode } from '../errors/index.js';
import { answer } from './answer.js';
import type { GatewayContext, HttpRecord } from './context.js';
import { Exchange } from './exchange.js';
import { HostCheck } from './host-check.js';
import { HttpConnection } from './http-connection.js';
import { problemOf } from './problem.js';
import { parseTarget } from './request-target.js';
import { isPlain, SmallAnswers } from './small-answers.js';

const HEADERS_MAX = 16 * 1024;
/** How often deadlines are looked at, in milliseconds. */
const CHECK_MS = 500;
/** A refused client is read from for so long, so that a reset does not overtake the answer. */
const LINGER_MS = 1_000;

/** Answers HTTP/1.1 on connections that somebody else accepted. */
export class HttpGateway {
  readonly #server: Server;
  readonly #connections = new Map<Socket, HttpConnection>();
  readonly #hosts: HostCheck;
  readonly #small: SmallAnswers;
  #isClosing = false;

  constructor(private readonly context: GatewayContext) {
    const { headerTimeout, idleTimeout } = context.limits;
    this.#hosts = new HostCheck(context.allowHosts);
    this.#small = new SmallAnswers(context);
    this.#server = createServer({
      maxHeaderSize: HEADERS_MAX,
      headersTimeout: headerTimeout,
      // Bodies of requests are of no use here.
      requestTimeout: headerTimeout,
      keepAliveTimeout: idleTimeout,
      connectionsCheckingInterval: Math.min(CHECK_MS, headerTimeout),
      noDelay: true,
    });
    this.#server.on('request', (request, response) => this.#onRequest(request, response));
    this.#server.on('checkContinue', (request, response) => this.#onRequest(request, response));
    this.#server.on('checkExpectation', (request, response) => this.#onRequest(request, response));
    this.#server.on('clientError', (error, socket) => this.#refuse(error, socket as Socket));
    // It never listens; but with this Node begins to look for requests that do not end.
    this.#server.emit('listening');
  }

  /** Takes over a connection of which `firstPiece` was read. */
  accept(socket: Socket, firstPiece: Buffer): void {
    this.#connections.set(socket, new HttpConnection(socket));
    socket.once('close', () => this.#connections.delete(socket));
    socket.pause();
    socket.unshift(firstPiece);
    this.#server.emit('connection', socket);
    socket.resume();
  }

  /** Responses that are under way. */
  get running(): number {
    return [...this.#connections.values()].filter(({ isBusy }) => isBusy).length;
  }

  /** No request is begun any more; connections end when they have nothing under way. */
  drain(): void {
    this.#isClosing = true;
    for (const { socket, isBusy } of this.#connections.values()) if (!isBusy) socket.destroy();
  }

  close(): void {
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    connection.queue((done) => {
      // What is not foreseen (a fault in whoever is told of requests) ends this connection, not the server.
      const answerAlone = async () => {
        // Until the parser is through with what it has, a request without a body is not complete.
        await Promise.resolve();
        await this.#answer(request, response, connection).then(done, () => connection.socket.destroy());
      };
      if (!this.#answerSmall(request, response, connection, { done, answerAlone })) void answerAlone();
    });
  }

  /** False if it is none of a small file, or none that can be answered so: nothing was done then. */
  #answerSmall(
    request: IncomingMessage,
    response: ServerResponse,
    connection: HttpConnection,
    { done, answerAlone }: { done: () => void; answerAlone: () => Promise<void> },
  ): boolean {
    if (this.#isClosing || !isPlain(request)) return false;
    const startedAt = performance.now();
    const { socket, peer } = connection;
    const name = this.#nameOf(request, connection);
    if (name === null) return false;
    return this.#small.take({
      name,
      request,
      response,
      onOther: () => void answerAlone(),
      onAnswered: (bytes, error) => {
        const record: HttpRecord = { peer, op: 'GET', name, code: 'OK', bytes, milliseconds: 0 };
        if (error !== undefined) this.#fail(error, response, socket, record);
        try {
          this.#ended(record, startedAt, socket);
          done();
        } catch {
          socket.destroy();
        }
      },
    });
  }

  /** Of the file that is asked for; null if it is a folder, or to be refused. */
  #nameOf(request: IncomingMessage, connection: HttpConnection): string | null {
    try {
      this.#requireHost(request, connection);
      const { kind, name } = parseTarget(request.url ?? '/');
      return kind === 'file' ? name : null;
    } catch {
      return null;
    }
  }

  #requireHost({ headers }: IncomingMessage, connection: HttpConnection): void {
    const { host, origin } = headers;
    if (origin === undefined && host !== undefined && host === connection.allowedHost) return;
    this.#hosts.require(host, origin, connection.socket.localAddress);
    connection.allowedHost = host;
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    connection: HttpConnection,
  ): Promise<void> {
    const startedAt = performance.now();
    const { socket, peer } = connection;
    if (socket.destroyed) return;
    const record: HttpRecord = { peer, op: request.method ?? '-', code: 'OK', bytes: 0, milliseconds: 0 };
    if (this.#isClosing) response.shouldKeepAlive = false;
    // What a client sends along is not waited for: the next request is not to be found behind it.
    if (hasBody(request) && request.method !== 'PROPFIND') response.shouldKeepAlive = false;
    let exchange: Exchange | null = null;
    try {
      this.#requireHost(request, connection);
      const target = parseTarget(request.url ?? '/');
      record.name = target.name;
      exchange = new Exchange(request, response, this.context, target, connection.signal);
      await answer(exchange);
      await finished(response);
    } catch (error) {
      if (!request.complete) response.shouldKeepAlive = false;
      this.#fail(error, response, socket, record);
    }
    record.bytes = exchange?.bodyBytes ?? 0;
    this.#ended(record, startedAt, socket);
  }

  #ended(record: HttpRecord, startedAt: number, socket: Socket): void {
    record.milliseconds = performance.now() - startedAt;
    this.context.onRequest(record);
    if (this.#isClosing) socket.destroySoon();
  }

  #fail(error: unknown, response: ServerResponse, socket: Socket, record: HttpRecord): void {
    record.error = error;
    record.code = error instanceof SealiftError ? error.code : 'INTERNAL';
    if (socket.destroyed) return;
    // Rule: a fault in mid-body resets; a short body never ends cleanly.
    if (response.headersSent || systemCode(error) === 'ABORTED') return void socket.resetAndDestroy();
    const { status, headers, body } = problemOf(error);
    response.writeHead(status, headers);
    response.end(response.req.method === 'HEAD' ? undefined : body);
  }

  /** What is no HTTP, is too long, or does not come to an end. */
  #refuse(cause: Error & { code?: string }, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection || !socket.writable) return void socket.destroy();
    const status = STATUS_OF_PARSER[cause.code ?? ''] ?? '400 Bad Request';
    const error = new SealiftError(status.startsWith('408') ? 'TIMEOUT' : 'BAD_REQUEST', `HTTP: ${status}`, {
      cause,
    });
    // Behind the answers to what came before it.
    connection.queue((done) => {
      done();
      if (socket.destroyed) return;
      const { peer } = connection;
      this.context.onRequest({ peer, op: '-', code: error.code, bytes: 0, milliseconds: 0, error });
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      socket.resume();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    });
  }
}

/** Of Node's parser. */
const STATUS_OF_PARSER: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Resolves when the response is with the kernel, or its client is gone. */
function finished(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) return resolve();
    response.once('finish', resolve).once('close', resolve);
  });
}
