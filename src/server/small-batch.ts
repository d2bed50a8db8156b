import type { SealiftError } from '../errors/index.js';
import { encodePlainFile, putFrame, type RequestOf } from '../protocol/index.js';
import type { RememberedFile, SmallFiles, Store } from '../store/index.js';
import type { QueuedRequest, RequestQueue } from './request-queue.js';
import type { RequestRecord } from './request-record.js';

/**
 * Replies to `get`s of small files that stand at the head of the line: put together in one piece of memory, header by body,
 * read at once and sent at once. What is not as remembered is left in the line, to be answered on its own.
 */
export class SmallBatch {
  /** Behind each reply. */
  readonly #ends: number[] = [];
  readonly #members: RememberedFile[] = [];

  private constructor(private readonly files: SmallFiles) {}

  /** Null if the first in line is not for a small file, or there is no room. Who gets it releases it. */
  static of(queue: RequestQueue, store: Store): SmallBatch | null {
    if (wholeFile(queue.peek(0)) === null) return null;
    const files = store.smallFiles?.();
    if (!files) return null;
    const batch = new SmallBatch(files);
    while (batch.#add(queue.peek(batch.#ends.length)));
    if (batch.#ends.length > 0) return batch;
    files.release();
    return null;
  }

  /** Reads the files. Resolves with the number of replies that are ready, from the first on. */
  read(): Promise<number> {
    return this.files.read();
  }

  /** The first `count` replies. */
  replies(count: number): Buffer {
    return this.files.buffer.subarray(0, this.#ends[count - 1] ?? 0);
  }

  /** What is to be told of the first `count` requests, which were answered or met `error`. */
  *records(count: number, peer: string, milliseconds: number, error: unknown): Generator<RequestRecord> {
    const code = error === undefined ? 'OK' : (error as SealiftError).code;
    for (const { facts } of this.#members.slice(0, count)) {
      const bytes = error === undefined ? facts.size : 0;
      const record: RequestRecord = { peer, op: 'get', name: facts.name, code, bytes, milliseconds };
      if (error !== undefined) record.error = error;
      yield record;
    }
  }

  release(): void {
    this.files.release();
  }

  /** False if the request is none of a small file, or does not fit. */
  #add(queued: QueuedRequest | undefined): boolean {
    const request = wholeFile(queued);
    if (request === null || this.files.isFull) return false;
    const file = this.files.remembered(request.name);
    if (file === null || (request.ifMd5 !== undefined && request.ifMd5 !== file.digests.md5)) return false;
    const { buffer } = this.files;
    const start = putFrame(replyHeader(request, file), buffer, this.#ends.at(-1) ?? 0);
    if (start === null) return false;
    const end = start + file.facts.size;
    if (end > buffer.length) return false;
    this.files.add(file, start);
    this.#ends.push(end);
    this.#members.push(file);
    return true;
  }
}

function wholeFile(queued: QueuedRequest | undefined): RequestOf<'get'> | null {
  if (queued === undefined || 'error' in queued.content) return null;
  const { request } = queued.content;
  return request.op === 'get' && request.offset === undefined && request.length === undefined
    ? request
    : null;
}

/** As `factsHeader` makes it, in one go: this is done for every small file. */
function replyHeader({ id }: RequestOf<'get'>, { facts, digests }: RememberedFile): string {
  const { name, type, size, mtime } = facts;
  const { md5, root } = digests;
  if (id === undefined) return encodePlainFile({ name, type, size, md5, root, mtime });
  // What is undefined is left out.
  return JSON.stringify({
    ok: true,
    name,
    type,
    size,
    md5,
    root: root ?? undefined,
    mtime,
    offset: 0,
    length: size,
    id,
  });
}
