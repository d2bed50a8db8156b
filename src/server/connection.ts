import type { Socket } from 'node:net';
import { SealiftError, systemCode } from '../errors/index.js';
import { FrameDecoder, requestBodyLength, toFailure } from '../protocol/index.js';
import { Session } from './access/index.js';
import type { ConnectionContext } from './connection-context.js';
import { Deadline } from './deadline.js';
import { ExecInput, PROGRAM_DOUBT_MS } from './exec/index.js';
import { type Gateway, isOfGateway } from './gateway.js';
import { handle } from './handlers/index.js';
import { opsOffered } from './offered-ops.js';
import { ReplyWriter } from './reply-writer.js';
import {
  isLast,
  type QueuedRequest,
  queuedRequest,
  RequestQueue,
  unreadableRequest,
} from './request-queue.js';
import type { RequestRecord } from './request-record.js';
import { resetSocket } from './reset-socket.js';
import { SkippedBody } from './skipped-body.js';
import { SmallBatch } from './small-batch.js';

/** How long a closing connection reads on, so that a reset does not overtake the last reply. */
const LINGER_MS = 1_000;

/**
 * One client. Bytes are cut into requests and queued, so many and no more; one at a time is answered, in order. Nothing that a client sends, or leaves undone, reaches beyond its own connection.
 */
export class Connection {
  readonly #decoder = new FrameDecoder();
  readonly #queue: RequestQueue;
  readonly #skipped: SkippedBody;
  readonly #input = new ExecInput(() => this.#fillQueue());
  readonly #writer: ReplyWriter;
  readonly #gone = new AbortController();
  /** Of the request being answered: after this long the client of a half-closed connection may well be gone. */
  #doubt = new AbortController();
  readonly #deadline: Deadline<'header' | 'idle' | 'body' | 'linger' | 'half-closed'>;
  readonly #peer: string;
  readonly #session: Session;
  /** Nothing was read yet. */
  #isFresh = true;
  /** It is somebody else's. */
  #isHandedOver = false;
  #busy = false;
  #answered = false;
  /** What is being answered is a request to run one. */
  #isProgram = false;
  #ended = false;
  /** No request after the one being answered is begun. */
  #closing = false;
  /** What is still read is thrown away. */
  #deaf = false;

  constructor(
    private readonly socket: Socket,
    private readonly context: ConnectionContext,
  ) {
    this.#session = new Session(context.access, socket.remoteAddress ?? '');
    this.#peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#queue = new RequestQueue(context.limits.readAhead);
    this.#skipped = new SkippedBody(context.limits);
    this.#writer = new ReplyWriter(socket, context.limits);
    this.#deadline = new Deadline((reason) => this.#onDeadline(reason));
    this.#deadline.set('header', context.limits.headerTimeout);
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', () => this.#onClose());
    // Followed by 'close'; without a listener a reset by the client would end the process.
    socket.on('error', () => {});
  }

  /** Answers the request that is running and closes. Resolves when the connection is closed. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) return resolve();
      this.socket.once('close', () => resolve());
      if (this.#isHandedOver) return;
      this.#closing = true;
      this.#queue.clear();
      if (!this.#busy) this.#close();
    });
  }

  /** A request is being answered. */
  get isBusy(): boolean {
    return this.#busy;
  }

  destroy(): void {
    resetSocket(this.socket);
  }

  readonly #onData = (piece: Buffer): void => {
    const { gateway = null } = this.context;
    if (gateway !== null && this.#isFresh && !this.#deaf && isOfGateway(piece))
      return this.#handOver(gateway, piece);
    this.#isFresh = false;
    if (this.#deaf) return;
    this.#decoder.push(piece);
    this.#fillQueue();
  };

  #handOver(gateway: Gateway, firstPiece: Buffer): void {
    this.#isHandedOver = true;
    this.#deadline.clear();
    this.socket.off('data', this.#onData).off('end', this.#onEnd);
    gateway.accept(this.socket, firstPiece);
  }

  #fillQueue(): void {
    try {
      while (!this.#deaf && !this.#queue.isFull && !this.#input.isFull) {
        const event = this.#decoder.next();
        if (event === null) break;
        if (event.kind === 'body') {
          if (!this.#input.takeBody(event.bytes)) this.#skipped.took(event.bytes.length);
          continue;
        }
        const bodyLength = requestBodyLength(event.header);
        this.#decoder.expectBody(bodyLength);
        if (bodyLength > 0) this.#skipped.restart();
        if (this.#input.takeHeader(event.header)) continue;
        const request = queuedRequest(event.header, event.size, opsOffered(this.context.executor));
        this.#deaf = isLast(request);
        this.#queue.push(request);
      }
    } catch (error) {
      this.#deaf = true;
      this.#queue.push(unreadableRequest(error));
    }
    const isFull = this.#queue.isFull || this.#input.isFull;
    if (this.#deaf || (this.#ended && !isFull)) this.#input.endStdin();
    if (isFull) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
    this.#setDeadline();
    // What is not foreseen (a fault in whoever is told of requests) ends this connection, not the server.
    if (!this.#busy && !this.#queue.isEmpty) this.#answerAll().catch(() => this.destroy());
  }

  async #answerAll(): Promise<void> {
    this.#busy = true;
    this.#deadline.clear();
    for (let next = this.#queue.peek(0); next !== undefined; next = this.#queue.peek(0)) {
      if (!(await this.#answerSmall())) {
        this.#queue.drop(1);
        await this.#answer(next);
      }
      this.#answered = true;
      if (this.socket.destroyed) return;
      if (this.#closing) break;
      // The decoder may hold requests that did not fit into the queue.
      if (this.#queue.isEmpty) this.#fillQueue();
    }
    this.#busy = false;
    if (this.#closing || this.#ended) return this.#close();
    // What came while the server was busy says nothing about the client's pace.
    this.#skipped.restart();
    this.#setDeadline();
  }

  /** Answers what stands first in line together, if that is small files. False if nothing was answered. */
  async #answerSmall(): Promise<boolean> {
    const { grant } = this.#session;
    const batch = grant && SmallBatch.of(this.#queue, grant.store);
    if (batch === null) return false;
    const startedAt = performance.now();
    try {
      const count = await batch.read();
      if (count === 0) return false;
      this.#queue.drop(count);
      this.#writer.begin(undefined);
      const error = await this.#writer.replies(batch.replies(count)).then(
        () => undefined,
        (reason) => reason,
      );
      if (error !== undefined) this.destroy();
      const milliseconds = performance.now() - startedAt;
      for (const record of batch.records(count, this.#peer, milliseconds, error)) {
        this.context.onRequest(record);
      }
      return true;
    } finally {
      batch.release();
    }
  }

  async #answer(asked: QueuedRequest): Promise<void> {
    const { id, op, name, content } = asked;
    const startedAt = performance.now();
    const record: RequestRecord = { peer: this.#peer, op, name, code: 'OK', bytes: 0, milliseconds: 0 };
    this.#writer.begin(id);
    this.#doubt = new AbortController();
    this.#isProgram = op === 'exec';
    this.#doubtIfEnded();
    try {
      const [signal, unlessShared] = [this.#gone.signal, this.#doubt.signal];
      const grant = await this.#session.grantFor(asked, signal);
      if ('error' in content) throw content.error;
      const own = { writer: this.#writer, input: this.#input, signal, unlessShared, record };
      await handle(content.request, { executor: null, ...this.context, grant, store: grant.store, ...own });
      this.#session.answered(content, grant);
      await this.#writer.flushed();
    } catch (error) {
      this.#fail(error, record);
    }
    if (this.#isProgram) this.#input.end();
    record.bytes = this.#writer.bodyBytes;
    record.milliseconds = performance.now() - startedAt;
    this.context.onRequest(record);
  }

  #fail(error: unknown, record: RequestRecord): void {
    const failure = toFailure(error);
    record.error = error;
    record.code = error instanceof SealiftError && error.code !== 'PROTOCOL' ? error.code : failure.code;
    if (this.socket.destroyed) return;
    // Rule: a fault in mid-body resets; a short body never ends cleanly.
    if (this.#writer.owed > 0 || systemCode(error) === 'ABORTED') return this.destroy();
    this.#writer.header(failure);
    if (failure.code === 'BAD_REQUEST' || failure.code === 'UNAUTHORIZED') this.#closing = true;
  }

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (!this.#input.isFull && !this.#queue.isFull) this.#input.endStdin();
    if (this.#busy) this.#doubtIfEnded();
    else this.#close();
  };

  /** Half closed, or gone for good? A reply that is sent shows; one that waits for a hashing gets this long. */
  #doubtIfEnded(): void {
    if (!this.#ended) return;
    const doubt = this.#isProgram ? PROGRAM_DOUBT_MS : this.context.limits.bodyTimeout;
    this.#deadline.set('half-closed', doubt);
  }

  #onClose(): void {
    this.#deadline.clear();
    this.#deaf = true;
    this.#queue.clear();
    this.#gone.abort();
  }

  /** While a request is answered the client owes nothing, and no deadline runs. */
  #setDeadline(): void {
    const { headerTimeout, idleTimeout } = this.context.limits;
    if (this.#busy || this.#deaf || !this.#queue.isEmpty) return;
    if (this.#decoder.bodyLeft > 0) this.#deadline.set('body', this.#skipped.patience);
    // Rule: absolute, so that dripping bytes does not extend it; and the first frame has it from the start.
    else if (this.#decoder.inHeader || !this.#answered) this.#deadline.keep('header', headerTimeout);
    else this.#deadline.set('idle', idleTimeout);
  }

  #onDeadline(reason: string): void {
    switch (reason) {
      case 'linger':
        return void this.socket.destroy();
      case 'half-closed':
        return this.#doubt.abort();
      default: {
        const message = reason === 'idle' ? 'idle for too long' : 'the request did not arrive in time';
        const error = new SealiftError('TIMEOUT', message);
        this.#writer.begin(undefined);
        this.#writer.header(toFailure(error));
        this.context.onRequest({
          peer: this.#peer,
          op: '-',
          code: 'TIMEOUT',
          bytes: 0,
          milliseconds: 0,
          error,
        });
        this.#close();
      }
    }
  }

  /** Ends the sending side, then reads on for a moment: closing with unread bytes would reset, and lose the reply. */
  #close(): void {
    this.#deaf = true;
    this.#closing = true;
    this.#queue.clear();
    if (this.socket.writableEnded) return;
    this.socket.resume();
    // Replies that the client has not taken yet go first.
    this.#deadline.set('linger', this.context.limits.bodyTimeout);
    this.socket.once('finish', () => this.#deadline.set('linger', LINGER_MS));
    this.socket.end();
  }
}
