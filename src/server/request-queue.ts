import { escapeControls } from '../errors/index.js';
import {
  type JsonObject,
  type Op,
  ProtocolError,
  parseRequest,
  type Request,
  type RequestId,
  readableId,
} from '../protocol/index.js';
import { commandText } from './exec/index.js';

/** Headers of requests that wait, in bytes: what is read ahead is bounded by its size too, not by its number alone. */
const QUEUED_MAX = 256 * 1024;

/** A request in line: what it asks, or why it cannot be answered. Of its header nothing else is held. */
export interface QueuedRequest {
  id?: RequestId | undefined;
  /** As sent, cut and escaped. */
  op: string;
  /** The name, pattern, link or command asked for, as sent. */
  name?: string | undefined;
  /** Bytes of its header. */
  size: number;
  content: { request: Request } | { error: unknown };
}

/** Never throws: a failure waits in line with the requests before it. */
export function queuedRequest(header: JsonObject, size: number, offered?: readonly Op[]): QueuedRequest {
  const { op, name, pattern, link } = header;
  return {
    id: readableId(header),
    op: typeof op === 'string' ? escapeControls(op.slice(0, 32)) : '-',
    name: [name, pattern, link].find((text) => typeof text === 'string') ?? commandText(header),
    size,
    content: contentOf(header, offered),
  };
}

function contentOf(header: JsonObject, offered?: readonly Op[]): QueuedRequest['content'] {
  try {
    return { request: parseRequest(header, offered) };
  } catch (error) {
    return { error };
  }
}

export function unreadableRequest(error: unknown): QueuedRequest {
  return { op: '-', size: 0, content: { error } };
}

/** The server closes after such a request: nothing behind it is read. */
export function isLast({ content }: QueuedRequest): boolean {
  return 'error' in content && content.error instanceof ProtocolError;
}

/** The requests that one connection sent ahead, in order. */
export class RequestQueue {
  #items: QueuedRequest[] = [];
  #bytes = 0;

  constructor(private readonly readAhead: number) {}

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Nothing more is read then. One request, however large, always finds room. */
  get isFull(): boolean {
    return this.#items.length >= this.readAhead || this.#bytes >= QUEUED_MAX;
  }

  push(request: QueuedRequest): void {
    this.#items.push(request);
    this.#bytes += request.size;
  }

  /** The request that is `at` places behind the first. */
  peek(at: number): QueuedRequest | undefined {
    return this.#items[at];
  }

  /** Takes the first ones out, as far as they are there. */
  drop(count: number): void {
    for (const { size } of this.#items.splice(0, count)) this.#bytes -= size;
  }

  clear(): void {
    this.#items = [];
    this.#bytes = 0;
  }
}
