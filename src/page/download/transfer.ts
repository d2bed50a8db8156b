import { type Announcement, announcementOf, type Expected } from './announcement.js';
import { backOff } from './backoff.js';
import { TransferError } from './failure.js';
import type { Md5 } from './md5-interface.js';
import { detailOf } from './refusal.js';
import type { Saved, Sink } from './sink.js';

/** A connection that breaks is tried again so often in a row. */
const RETRIES = 5;
/** So many bytes count as progress: what broke before does not count any more. */
const PROGRESS = 1 << 20;
/** A body of which nothing comes for so long, in milliseconds, is one that broke off. */
const STALL_MS = 30_000;

export interface Source {
  href: string;
  expected: Expected;
}

export interface TransferTools {
  /** A new one. */
  md5: Md5;
  sink: Sink;
  signal: AbortSignal;
  onProgress?: (received: number, size: number) => void;
  /** Replaced by tests, which do not wait. */
  wait?: (attempt: number, signal: AbortSignal) => Promise<void>;
  stallMs?: number;
}

export interface Verified {
  md5: string;
  size: number;
  saved: Saved;
}

/**
 * Fetches a file, hashes it while it arrives, and commits it to the sink only if count and MD5 are the announced ones.
 * @throws TransferError; then nothing is kept
 */
export async function transfer(source: Source, tools: TransferTools): Promise<Verified> {
  try {
    return await new Transfer(source, tools).run();
  } catch (error) {
    await tools.sink.abort();
    if (tools.signal.aborted) throw new TransferError({ kind: 'cancelled' });
    throw error instanceof TransferError ? error : localFailure(error);
  }
}

/** What is tried again. */
class BrokenOff extends Error {
  /** @param refusal what the server said, if it said anything */
  constructor(readonly refusal: TransferError | null = null) {
    super('broken off');
  }
}

class Transfer {
  #announced: Announcement | null = null;
  #received = 0;
  #isOpen = false;

  constructor(
    private readonly source: Source,
    private readonly tools: TransferTools,
  ) {}

  async run(): Promise<Verified> {
    const { md5, sink } = this.tools;
    await this.#receiveAll();
    const announced = this.#announced as unknown as Announcement;
    // Rule: count and digest of the whole decide, and nothing is committed before.
    const received = md5.digest();
    if (received !== announced.md5) {
      throw new TransferError({ kind: 'damaged', expected: announced.md5, received });
    }
    return { md5: received, size: announced.size, saved: await sink.commit() };
  }

  async #receiveAll(): Promise<void> {
    const { signal, wait = backOff } = this.tools;
    for (let failures = 0; ; ) {
      const before = this.#received;
      try {
        return await this.#receive();
      } catch (error) {
        if (!(error instanceof BrokenOff) || signal.aborted) throw error;
        if (this.#received - before >= PROGRESS) failures = 0;
        if (++failures > RETRIES) throw error.refusal ?? this.#broken();
        await wait(failures, signal);
        signal.throwIfAborted();
      }
    }
  }

  /** Asks for what is not there yet, and takes it in. */
  async #receive(): Promise<void> {
    if (this.#received > 0 && this.#received === this.#announced?.size) return;
    const attempt = new AbortController();
    const giveUp = () => attempt.abort();
    this.tools.signal.addEventListener('abort', giveUp);
    try {
      const response = await this.#ask(attempt.signal);
      const announced = await this.#accept(response);
      await this.#takeIn(response, announced, attempt);
    } finally {
      this.tools.signal.removeEventListener('abort', giveUp);
      // Of an answer that is of no use nothing more is to come.
      attempt.abort();
    }
  }

  async #ask(signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#received > 0) {
      headers.Range = `bytes=${this.#received}-`;
      // If it is another file by now, all of it comes, and is told apart by its digest.
      if (this.#announced?.etag) headers['If-Range'] = this.#announced.etag;
    }
    try {
      return await fetch(this.source.href, { cache: 'no-store', headers, signal });
    } catch {
      throw new BrokenOff();
    }
  }

  async #accept(response: Response): Promise<Announcement> {
    if (response.status !== 200 && response.status !== 206) {
      const { status } = response;
      const refusal = new TransferError({ kind: 'refused', status, detail: await detailOf(response) });
      // Busy, or being written to: it says itself that it may be tried again.
      throw status === 503 ? new BrokenOff(refusal) : refusal;
    }
    // Rule: every later answer is held against the first.
    const announced = announcementOf(response, this.#announced ?? this.source.expected);
    if (announced.offset > this.#received) {
      throw new TransferError({ kind: 'unverifiable', detail: 'another part arrived than was asked for' });
    }
    this.#announced = announced;
    if (!this.#isOpen) {
      this.#isOpen = true;
      await this.tools.sink.open();
    }
    this.tools.onProgress?.(this.#received, announced.size);
    return announced;
  }

  async #takeIn(response: Response, { offset, size }: Announcement, attempt: AbortController): Promise<void> {
    const { md5, sink, onProgress } = this.tools;
    const body = new PatientBody(response, attempt, this.tools.stallMs ?? STALL_MS);
    // A server that answers with all of it sends what is there already once more.
    let known = this.#received - offset;
    for (;;) {
      const piece = await body.next();
      if (piece === null) break;
      const bytes = piece.subarray(Math.min(known, piece.length));
      known -= piece.length - bytes.length;
      if (this.#received + bytes.length > size) throw new TransferError({ kind: 'too-long', expected: size });
      // The disk writes while this thread hashes.
      const writing = sink.write(bytes);
      md5.update(bytes);
      this.#received += bytes.length;
      await writing;
      onProgress?.(this.#received, size);
    }
    // Rule: a body that ends early has not ended.
    if (this.#received < size) throw new BrokenOff();
  }

  #broken(): TransferError {
    const size = this.#announced?.size ?? this.source.expected.size;
    return new TransferError({ kind: 'broken', received: this.#received, size });
  }
}

/** Reads a body, and gives it up where nothing comes any more. */
class PatientBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;

  constructor(
    response: Response,
    private readonly attempt: AbortController,
    private readonly stallMs: number,
  ) {
    this.#reader = response.body?.getReader();
  }

  /** The next bytes; null at the end. */
  next(): Promise<Uint8Array<ArrayBuffer> | null> {
    const { signal } = this.attempt;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.attempt.abort(), this.stallMs);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        act();
      };
      const giveUp = () => settle(() => reject(new BrokenOff()));
      // Not every reader says that it was given up.
      signal.addEventListener('abort', giveUp);
      if (signal.aborted) return giveUp();
      const read = this.#reader?.read() ?? Promise.resolve({ value: undefined });
      read.then(({ value }) => settle(() => resolve(value ?? null)), giveUp);
    });
  }
}

function localFailure(error: unknown): TransferError {
  const detail = error instanceof Error ? `${error.message || error.name}` : String(error);
  return new TransferError({ kind: 'local', detail });
}
