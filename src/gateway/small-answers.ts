import type { IncomingMessage, ServerResponse } from 'node:http';
import { SealiftError } from '../errors/index.js';
import type { RememberedFile, SmallFiles, Store } from '../store/index.js';
import type { GatewayContext, Grant } from './context.js';
import { fileFields } from './file-fields.js';

/** In milliseconds; less than a thread may take for one job. */
const PATIENCE_MS = 20;

/** Somebody who asks for a file, and for nothing about it. */
export interface SmallRequest {
  readonly name: string;
  readonly grant: Grant;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** It was not answered, and nothing of an answer went out: the file is not as it is remembered, or was not read in time. */
  onOther(): void;
  /** It was answered, or the client left or was reset. */
  onAnswered(bytes: number, error?: unknown): void;
}

interface Member {
  asker: SmallRequest;
  file: RememberedFile;
  start: number;
}

interface Batch {
  store: Store;
  files: SmallFiles;
  members: Member[];
  end: number;
}

/**
 * Answers who ask for small files at about the same time, whoever they are: the files are read together, by a thread that may wait for a disk, and
 * only as they are remembered. Of whatever is not as remembered somebody else finds out what it is, and what to say of it.
 */
export class SmallAnswers {
  /** Takes more; the next to be read. */
  #batch: Batch | null = null;
  #reading = 0;
  /** The disk may hang: nobody waits longer for others' files than this. */
  #patience: NodeJS.Timeout | null = null;

  constructor(private readonly context: GatewayContext) {}

  /** Not for share links, whose uses are counted first. False if it is no small file that is remembered, or there is no room: then nothing was done, nor will be. */
  take(asker: SmallRequest): boolean {
    const { store } = asker.grant;
    // Rule: what one may see is read for those alone who may see the same.
    const batch = this.#batch?.store === store ? this.#batch : this.#begin(store);
    const file = batch?.files.remembered(asker.name) ?? null;
    if (batch === null || file === null) return false;
    const { files, members, end } = batch;
    if (files.isFull || end + file.facts.size > files.buffer.length) {
      this.#send();
      return this.take(asker);
    }
    files.add(file, end);
    members.push({ asker, file, start: end });
    batch.end = end + file.facts.size;
    return true;
  }

  #begin(store: Store): Batch | null {
    this.#send();
    const files = store.smallFiles?.() ?? null;
    if (files === null) return null;
    this.#batch = { store, files, members: [], end: 0 };
    // By then whatever has arrived is here. To wake the thread takes longer than to read a file, so what comes while it reads is collected.
    if (this.#reading === 0) setImmediate(() => this.#send());
    else this.#wait();
    return this.#batch;
  }

  #wait(): void {
    this.#patience ??= setTimeout(() => this.#send(), PATIENCE_MS).unref();
    this.#patience.refresh();
  }

  #send(): void {
    const batch = this.#batch;
    this.#batch = null;
    if (batch !== null) void this.#answer(batch);
  }

  async #answer({ files, members }: Batch): Promise<void> {
    this.#reading++;
    const count = members.length === 0 ? 0 : await files.read();
    this.#reading--;
    // The thread reads those while these are sent.
    this.#send();
    const sent = members.slice(0, count).map((member) => this.#reply(member, files.buffer));
    const late = sent.filter((each) => each !== null);
    if (late.length === 0) files.release();
    // Rule: until the kernel has it all, the memory is not used again.
    else Promise.all(late).then(() => files.release());
    // Behind others it may just have been too late; the first one is not as remembered.
    for (const [nth, { asker }] of members.entries()) {
      if (nth >= count && (nth === 0 || !this.take(asker))) asker.onOther();
    }
  }

  /** Null if it is done with; else a promise of that. */
  #reply({ asker, file, start }: Member, bytes: Buffer): Promise<void> | null {
    const { request, response } = asker;
    const { socket } = request;
    const { facts, digests } = file;
    if (!socket.destroyed) {
      const fields = fileFields(facts, { md5: digests.md5, sha256: null, isWhole: true }, asker.grant);
      fields.push('Content-Length', facts.size);
      response.writeHead(200, fields as string[]);
      response.end(bytes.subarray(start, start + facts.size));
      // Rule: a response that waits for the one before it has no socket yet, and one that the kernel has not taken is in it still.
      if (response.socket === null || socket.writableLength > 0) return this.#taken(asker, facts.size);
    }
    if (socket.destroyed) asker.onAnswered(0, new SealiftError('ABORTED', 'the client left'));
    else asker.onAnswered(facts.size);
    return null;
  }

  async #taken({ request, response, onAnswered }: SmallRequest, size: number): Promise<void> {
    const paced = this.context.pacedWrites(request.socket);
    paced.begin();
    const error = await paced
      .taken((done) => response.once('finish', () => done()))
      .then(
        () => undefined,
        (reason) => reason,
      );
    onAnswered(error === undefined ? size : 0, error);
  }
}

/** Fields by which another answer than the whole file can be asked for, or that something follows. */
const OTHERS = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'want-repr-digest',
  'expect',
  'upgrade',
  'transfer-encoding',
  'content-length',
];

/** Nothing but a file is asked for. */
export function isPlain({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && OTHERS.every((field) => headers[field] === undefined);
}
