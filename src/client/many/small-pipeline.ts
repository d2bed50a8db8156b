import { md5Of } from '../../digest/index.js';
import { SealiftError, systemCode } from '../../errors/index.js';
import { parseReply } from '../../protocol/index.js';
import type { Connection } from '../connection.js';
import type { ConnectionPool } from '../connection-pool.js';
import { type FileHeader, wholeFileHeader, wholeFileRequest } from '../request-file.js';
import { withRetry } from '../retry.js';
import type { Slots } from './slots.js';
import type { VerifiedFile } from './small-part.js';
import { TimeSlices } from './time-slices.js';
import { SMALL_MAX, type SmallFile, type WantedFile } from './wanted-file.js';
import type { WorkQueue } from './work-queue.js';

/** Requests that are sent ahead: a server reads no more of them (docs/protocol.md, Transport and frames). */
const WINDOW = 256;
/** Bytes of bodies that are asked for ahead, by what the listing says of them. */
const WINDOW_BYTES = 4 << 20;
/** Bytes of a body that need no memory of their own. */
const BODY_MEMORY = 64 * 1024;
/** A first answer that takes longer comes from far away, where a second connection helps. Milliseconds. */
const FAR_MS = 5;

/** What becomes of the files of a pipeline. */
export interface PipelineEvents<T extends WantedFile> {
  started: (small: SmallFile<T>, header: FileHeader) => void;
  /** Count and MD5 are right. The next file comes when this is settled; the bytes are only lent until then. */
  verified: (small: SmallFile<T>, file: VerifiedFile) => Promise<void> | undefined;
  /** Anything that is out of the ordinary: whoever takes it asks for the file again. */
  surprised: (small: SmallFile<T>) => void;
  /** The server is far away, and more files wait than are asked for. */
  isFar: () => void;
}

/**
 * Fetches small files over one connection, many requests ahead. What comes is right, or is handed to somebody who looks closer: here
 * nothing is tried twice but the connection.
 */
export class SmallPipeline<T extends WantedFile> {
  #asked: SmallFile<T>[] = [];
  #next = 0;
  #askedBytes = 0;
  #verified = 0;
  #hasAnswered = false;
  /** For one body after the other: to make it for each costs more than its bytes. */
  readonly #memory = Buffer.allocUnsafeSlow(BODY_MEMORY);
  readonly #slices = new TimeSlices();

  constructor(
    private readonly pool: ConnectionPool,
    private readonly queue: WorkQueue<SmallFile<T>>,
    private readonly slots: Slots,
    private readonly signal: AbortSignal | undefined,
    private readonly events: PipelineEvents<T>,
  ) {}

  /**
   * Until the queue is closed and empty. False if there is no getting on: then the queue is to be emptied in another way.
   * @throws SealiftError ABORTED
   */
  async run(): Promise<boolean> {
    while (await this.queue.hasNext()) {
      try {
        await this.slots.during(() => this.#untilEmpty());
      } catch (error) {
        if (!isOfPeer(error)) throw error;
        return false;
      }
    }
    return true;
  }

  #untilEmpty(): Promise<void> {
    const attempt = () => this.pool.use(this.signal, (connection) => this.#stream(connection));
    return withRetry(attempt, {
      ...this.pool.retrying,
      signal: this.signal,
      progress: () => this.#verified,
    });
  }

  async #stream(connection: Connection): Promise<void> {
    try {
      this.#ask(connection);
      for (let small = this.#first(); small; small = this.#first()) {
        await this.#receive(connection, small);
        this.#ask(connection);
        if (this.#slices.isOver) await this.#slices.next();
      }
    } catch (error) {
      // Replies may still be on their way, and must not be read as the next request's.
      connection.destroy();
      this.#takeBack();
      if (!isOfPeer(error)) throw error;
      // Whatever it was, the file that it happened with is looked at closer: the others begin anew.
      throw new SealiftError('NETWORK', (error as Error).message, { cause: error });
    }
  }

  /** Sends more requests when half of those before are answered: many in one write. */
  #ask(connection: Connection): void {
    let asked = this.#asked.length - this.#next;
    if (asked > WINDOW / 2 || this.#askedBytes > WINDOW_BYTES / 2) return;
    const requests: object[] = [];
    const now = performance.now();
    for (let small = this.queue.peek(); small && asked < WINDOW; small = this.queue.peek()) {
      if (asked > 0 && this.#askedBytes + small.entry.size > WINDOW_BYTES) break;
      this.queue.shift();
      small.askedAt = now;
      this.#asked.push(small);
      this.#askedBytes += small.entry.size;
      requests.push(wholeFileRequest(small.name));
      asked++;
    }
    if (requests.length > 0) connection.sendAll(requests);
  }

  #first(): SmallFile<T> | undefined {
    return this.#asked[this.#next];
  }

  async #receive(connection: Connection, small: SmallFile<T>): Promise<void> {
    const reply = connection.headerNow() ?? (await connection.header());
    if (!this.#hasAnswered) this.#lookHowFar(small);
    if (reply.ok === false) return this.#surprised();
    const header = wholeFileHeader(reply, small.name);
    // It grew since it was listed: what comes is too large to be held, and is not waited for.
    if (header.size > SMALL_MAX)
      throw new SealiftError('CHANGED', `${small.name}: it changed on the server meanwhile`);
    this.events.started(small, header);
    const { length } = header;
    const body = connection.bodyNow(length) ?? (await connection.wholeBody(length, this.#memory));
    const md5 = header.md5 ?? (await trailer(connection));
    if (md5 === null || md5Of(body) !== md5) return this.#surprised();
    this.#drop();
    this.#verified++;
    const landing = this.events.verified(small, { body, md5, mtime: header.mtime });
    if (landing) await landing;
  }

  #lookHowFar({ askedAt }: SmallFile<T>): void {
    this.#hasAnswered = true;
    if (this.queue.size > 0 && performance.now() - askedAt > FAR_MS) this.events.isFar();
  }

  #surprised(): void {
    const small = this.#drop();
    if (small) this.events.surprised(small);
  }

  /** The first of those that were asked for is answered. */
  #drop(): SmallFile<T> | undefined {
    const small = this.#asked[this.#next];
    if (!small) return undefined;
    this.#next++;
    this.#askedBytes -= small.entry.size;
    if (this.#next === this.#asked.length) {
      this.#asked = [];
      this.#next = 0;
    } else if (this.#next === WINDOW) {
      this.#asked = this.#asked.slice(WINDOW);
      this.#next = 0;
    }
    return small;
  }

  #takeBack(): void {
    this.#surprised();
    this.queue.putBack(this.#asked.slice(this.#next));
    this.#asked = [];
    this.#next = 0;
    this.#askedBytes = 0;
  }
}

/** Null for a failure in its place. */
async function trailer(connection: Connection): Promise<string | null> {
  const reply = await connection.header();
  return reply.ok === false ? null : parseReply('trailer', reply).md5;
}

/** Not of this side, nor of the user. */
function isOfPeer(error: unknown): boolean {
  return error instanceof SealiftError && systemCode(error) !== 'ABORTED';
}
