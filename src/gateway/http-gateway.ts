import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SealiftError, systemCode } from '../errors/index.js';
import { Gate } from './access/index.js';
import { answer } from './answer.js';
import type { GatewayContext, Grant, HttpRecord } from './context.js';
import { Exchange } from './exchange.js';
import { HttpConnection } from './http-connection.js';
import { METHODS, problemOf } from './problem.js';
import { RequestChecks } from './request-checks.js';
import { isPlain, SmallAnswers } from './small-answers.js';
import { WholeReads } from './whole-reads.js';

const HEADERS_MAX = 16 * 1024;
/** How often deadlines are looked at, in milliseconds. */
const CHECK_MS = 500;

/** Answers HTTP/1.1 on connections that somebody else accepted. */
export class HttpGateway {
  readonly #server: Server;
  readonly #connections = new Map<Socket, HttpConnection>();
  readonly #checks: RequestChecks;
  readonly #gate: Gate;
  readonly #small: SmallAnswers;
  readonly #reads = new WholeReads();
  #isClosing = false;

  constructor(private readonly context: GatewayContext) {
    const { headerTimeout, idleTimeout } = context.limits;
    this.#checks = new RequestChecks(context.allowHosts);
    this.#gate = new Gate(context.access);
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
    this.#server.on('connect', (_request, socket) => this.#refuseTunnel(socket as Socket));
    this.#server.on('clientError', (error, socket) => this.#refuse(error, socket as Socket));
    // Bounded by their size: one that is dropped in silence may be the one that matters.
    this.#server.maxHeadersCount = 0;
    // A client may shut down its sending side and still read answers.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    // It never listens; but with this Node begins to look for requests that do not end.
    this.#server.emit('listening');
  }

  /** Takes over a connection of which `firstPiece` was read. */
  accept(socket: Socket, firstPiece: Buffer): void {
    this.#connections.set(socket, new HttpConnection(socket, this.context.limits));
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
    if (connection.isDeaf) return;
    const tooMany = connection.isFull;
    connection.queue((done) => {
      const answerAlone = async () => {
        // Until the parser is through with what it has, a request without a body is not complete.
        await Promise.resolve();
        await this.#answer(request, response, connection, tooMany).then(done, () =>
          connection.socket.destroy(),
        );
      };
      const isAlone = tooMany || !this.#answerSmall(request, response, connection, { done, answerAlone });
      if (isAlone) void answerAlone();
    });
    if (tooMany) connection.deafen();
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
    const asked = this.#askedOf(request, connection);
    if (asked === null) return false;
    const { name, grant } = asked;
    return this.#small.take({
      name,
      grant,
      request,
      response,
      onOther: () => void answerAlone(),
      onAnswered: (bytes, error) => {
        const record: HttpRecord = { peer, op: 'GET', name, code: 'OK', bytes, milliseconds: 0 };
        if (error !== undefined) this.#fail(error, response, socket, record);
        try {
          this.#ended(record, startedAt, response, connection);
          done();
        } catch {
          // What is not foreseen (a fault in whoever is told of requests) ends this connection, not the server.
          socket.destroy();
        }
      },
    });
  }

  /** The file that is asked for, by somebody who is known; null if it is a folder, or to be refused, or not known yet. */
  #askedOf(request: IncomingMessage, connection: HttpConnection): { name: string; grant: Grant } | null {
    try {
      const target = this.#checks.targetOf(request, connection);
      const known = target.kind === 'file' ? this.#gate.known({ request, target, connection }) : null;
      return known && { name: target.name, grant: known.grant };
    } catch {
      return null;
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    connection: HttpConnection,
    tooMany: boolean,
  ): Promise<void> {
    const startedAt = performance.now();
    const { socket, peer } = connection;
    const record: HttpRecord = { peer, op: request.method ?? '-', code: 'OK', bytes: 0, milliseconds: 0 };
    if (this.#isClosing || tooMany) response.shouldKeepAlive = false;
    // What a client sends along is not waited for: the next request is not to be found behind it.
    if (hasBody(request) && request.method !== 'PROPFIND') response.shouldKeepAlive = false;
    let exchange: Exchange | null = null;
    try {
      if (tooMany) throw new SealiftError('BUSY', 'too many requests of this connection wait for an answer');
      const target = this.#checks.targetOf(request, connection);
      record.name = target.name;
      // Rule: nothing of the storage is looked at before this.
      const admitted = await this.#gate.admit({ request, response, target, connection });
      const { context } = this;
      const reads = this.#reads;
      exchange =
        admitted && new Exchange({ request, response, context, target, connection, reads, admitted });
      if (exchange !== null) await answer(exchange);
    } catch (error) {
      if (!request.complete || systemCode(error) === 'BAD_REQUEST') response.shouldKeepAlive = false;
      this.#fail(error, response, socket, record);
    }
    await this.#taken(response, socket, record);
    record.bytes = exchange?.bodyBytes ?? 0;
    this.#ended(record, startedAt, response, connection);
  }

  #ended(
    record: HttpRecord,
    startedAt: number,
    { shouldKeepAlive }: ServerResponse,
    connection: HttpConnection,
  ): void {
    record.milliseconds = performance.now() - startedAt;
    this.context.onRequest(record);
    if (this.#isClosing || !shouldKeepAlive) connection.end();
  }

  #fail(error: unknown, response: ServerResponse, socket: Socket, record: HttpRecord): void {
    record.error = error;
    record.code = error instanceof SealiftError ? error.code : 'INTERNAL';
    if (socket.destroyed) return;
    // Rule: a fault in mid-body resets; a short body never ends cleanly.
    if (response.headersSent || systemCode(error) === 'ABORTED') return this.context.resetSocket(socket);
    const { status, headers, body } = problemOf(error, response.req);
    response.writeHead(status, headers);
    response.end(response.req.method === 'HEAD' ? undefined : body);
  }

  /** Resolves when the response is with the kernel, or its client is gone. Who does not take it is ended as with a body. */
  async #taken(response: ServerResponse, socket: Socket, record: HttpRecord): Promise<void> {
    if (response.writableFinished || socket.destroyed) return;
    const paced = this.context.pacedWrites(socket);
    paced.begin();
    try {
      await paced.taken((done) => response.once('finish', () => done()).once('close', () => done()));
    } catch (error) {
      record.error = error;
      record.code = error instanceof SealiftError ? error.code : 'INTERNAL';
    }
  }

  /** What is no HTTP, is too long, or does not come to an end. */
  #refuse(cause: Error & { code?: string }, socket: Socket): void {
    const status = STATUS_OF_PARSER[cause.code ?? ''] ?? '400 Bad Request';
    const code = status.startsWith('408') ? 'TIMEOUT' : 'BAD_REQUEST';
    this.#sayGoodbye(socket, status, new SealiftError(code, `HTTP: ${status}`, { cause }));
  }

  #refuseTunnel(socket: Socket): void {
    const error = new SealiftError('UNSUPPORTED', 'CONNECT: this is no proxy');
    this.#sayGoodbye(socket, `405 Method Not Allowed\r\nAllow: ${METHODS}`, error);
  }

  #sayGoodbye(socket: Socket, status: string, error: SealiftError): void {
    const connection = this.#connections.get(socket);
    if (!connection || !socket.writable) return void socket.destroy();
    if (connection.isDeaf) return;
    connection.breakOff(error);
    const { peer } = connection;
    // Behind the answers to what came before it.
    connection.queue((done) => {
      socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      connection.end();
      done();
      this.context.onRequest({ peer, op: '-', code: error.code, bytes: 0, milliseconds: 0, error });
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
