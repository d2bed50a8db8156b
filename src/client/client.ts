import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseExpectedDigest } from '../digest/index.js';
import { SealiftError } from '../errors/index.js';
import { type Entry, type HashingProgress, PING_MAX, parseReply } from '../protocol/index.js';
import { type CataloguePage, listPage, parsePattern } from './catalogue.js';
import type { ConnectionPool } from './connection-pool.js';
import type { ExecCommand, ExecEnd, ExecOptions } from './exec/index.js';
import type { FetchEvents, FetchedFile } from './fetch-file.js';
import type { FetchOptions, RepairOptions, StreamOptions, VerifyOptions } from './file-options.js';
import type { ManyFilesOptions, WantedFile } from './many/wanted-file.js';
import { PartFiles } from './part-files.js';
import { readStream } from './read-stream.js';
import { checkAskedName, remoteStat } from './remote-stat.js';
import { type Retry, withRetry } from './retry.js';
import { formatServerUrl } from './server-url.js';
import type { Share, ShareInfo, ShareOptions } from './share-links.js';
import { DEFAULT_DIR, targetIn } from './target.js';
import type { Verification } from './verify-file.js';

/** A served file's facts. */
export type FileInfo = Entry & { md5: string };

// Loading takes a fetch of small files as long as hundreds of them do: what does the work is loaded when it is asked for.
/** A server that can be fetched from. Everything it throws is a {@link SealiftError} with a stable `code`. */
export class Sealift {
  readonly #pool: ConnectionPool;
  readonly #parts = new PartFiles();

  readonly #onRetry: ((retry: Retry) => void) | undefined;

  constructor(pool: ConnectionPool, onRetry?: (retry: Retry) => void) {
    this.#pool = pool;
    this.#onRetry = onRetry;
  }

  get url(): string {
    return formatServerUrl(this.#pool.address);
  }

  /** Entries whose name matches the glob pattern, by name in byte order. */
  async *list(pattern = '**', options: { signal?: AbortSignal } = {}): AsyncGenerator<Entry> {
    for await (const page of this.listPages(pattern, options)) yield* page;
  }

  /** The entries of {@link list} as they come, up to a thousand at a time; the next ones are asked for ahead. */
  async *listPages(
    pattern = '**',
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<readonly Entry[]> {
    const parsed = parsePattern(pattern);
    const ending = new AbortController();
    const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
    const ask = (after?: string): Promise<CataloguePage> => {
      const page = this.#retrying(either, () =>
        this.#pool.use(either, (connection) => listPage(connection, parsed, after)),
      );
      // It may fail before anybody waits for it.
      page.catch(() => {});
      return page;
    };
    try {
      for (let asked: Promise<CataloguePage> | null = ask(); asked !== null; ) {
        const page: CataloguePage = await asked;
        // The server makes the next page while this one is used.
        asked = page.next === null ? null : ask(page.next);
        // It leaves before this one is looked through, which takes as long as the server needs.
        if (asked) await nextTurn();
        yield [...page.entries()];
      }
    } finally {
      ending.abort();
    }
  }

  /**
   * One file's facts.
   * @throws SealiftError NOT_FOUND, CORRUPT, …
   */
  async stat(
    name: string,
    options: { signal?: AbortSignal; fresh?: boolean; onHashing?: (progress: HashingProgress) => void } = {},
  ): Promise<FileInfo> {
    checkAskedName(name);
    const { signal, ...rest } = options;
    const reply = await this.#retrying(signal, () =>
      this.#pool.use(signal, (connection) => remoteStat(connection, name, rest)),
    );
    return { name, type: reply.type, size: reply.size, md5: reply.md5, mtime: reply.mtime };
  }

  /**
   * Downloads a file; when it resolves, the file is there and right, and otherwise nothing changed.
   * @throws SealiftError NOT_FOUND, CORRUPT, EXISTS, NO_SPACE, NETWORK, …
   */
  async fetch(name: string, options: FetchOptions = {}): Promise<FetchedFile> {
    checkAskedName(name);
    const { force = false, fsync = true, expect, dir, output, ...rest } = options;
    // Who asks for several gets them without waiting for what the first one says.
    if (rest.connections !== undefined) this.#pool.warm(rest.connections);
    const target = targetIn(name, { dir, output });
    const expected = expect === undefined ? undefined : parseExpectedDigest(expect);
    const { fetchFile } = await import('./fetch-file.js');
    return fetchFile(this.#pool, name, target, {
      ...rest,
      parts: this.#parts,
      force,
      fsync,
      expect: expected,
    });
  }

  /**
   * Fetches many files into a folder, small ones by the hundred at a time. `files` are all of them, or come in pages, as out of
   * {@link listPages}: a file that has its entry is looked for here before it is asked for. One that fails does not stop
   * the others; each is told by `onDone` or `onFailed`, in any order.
   * @throws SealiftError ABORTED, or NETWORK when the server is gone: of some files nothing was told then
   */
  async fetchMany<T extends WantedFile>(
    files: Iterable<T> | AsyncIterable<readonly T[]>,
    options: ManyFilesOptions<T> = {},
  ): Promise<void> {
    const {
      dir = DEFAULT_DIR,
      force = false,
      fsync = true,
      jobs = JOBS,
      ownsProcess = false,
      signal,
      digest,
      connections,
    } = options;
    const client = {
      pool: this.#pool,
      parts: this.#parts,
      fetch: (name: string, events: FetchEvents) =>
        this.fetch(name, {
          ...{ ...events, dir, force, fsync },
          ...(signal ? { signal } : {}),
          ...(digest ? { digest } : {}),
          ...(connections ? { connections } : {}),
        }),
      ping: () => this.ping('', signal ? { signal } : {}),
    };
    const { ManyFiles } = await import('./many/many-files.js');
    const pages = Symbol.asyncIterator in files ? files : onePage(files);
    await new ManyFiles(client, { ...options, dir, force, fsync, jobs, ownsProcess }).run(pages);
  }

  /**
   * Compares a local file with the server's digest, without downloading. With `entry`, from {@link list}, the server is
   * asked only if that has no digest.
   */
  async verify(name: string, { dir, output, ...rest }: VerifyOptions = {}): Promise<Verification> {
    checkAskedName(name);
    const target = targetIn(name, { dir, output });
    const { verifyFile } = await import('./verify-file.js');
    return this.#retrying(rest.signal, () => verifyFile(this.#pool, name, target, rest));
  }

  /**
   * Makes a damaged local copy the server's file again, fetching only what is wrong; its bytes are replaced all at once,
   * when everything is verified.
   * @throws SealiftError LOCAL_IO when there is no local file; CORRUPT, NOT_FOUND, NETWORK, …
   */
  async repair(
    name: string,
    { dir, output, fsync = true, ...rest }: RepairOptions = {},
  ): Promise<FetchedFile> {
    checkAskedName(name);
    const target = targetIn(name, { dir, output });
    const { repairFile } = await import('./repair-file.js');
    return repairFile(this.#pool, name, target, {
      ...rest,
      parts: this.#parts,
      fsync,
    });
  }

  /**
   * Hands a file's chunks to `onChunk` in order, each verified before, and nothing from a bad one on.
   * @throws SealiftError CORRUPT, CHANGED (while it was under way), NOT_FOUND, NETWORK, …
   */
  async stream(name: string, { expect, ...rest }: StreamOptions): Promise<{ size: number; md5: string }> {
    checkAskedName(name);
    const expected = expect === undefined ? undefined : parseExpectedDigest(expect);
    if (expected && expected.algorithm !== 'md5') {
      throw new SealiftError('USAGE', `${expected.algorithm} of a file is not known before its end`);
    }
    const { streamFile } = await import('./stream-file.js');
    return streamFile(this.#pool, name, { ...rest, expect: expected });
  }

  /** The bytes of a file as a stream: verified chunk by chunk, and ended with an error before a bad one. */
  read(name: string, { signal }: { signal?: AbortSignal } = {}): Readable {
    checkAskedName(name);
    return readStream(this.#pool, name, signal);
  }

  /**
   * Makes a link that opens a file, a folder or what matches a pattern, and nothing else. For who has the server's token.
   * @throws SealiftError FORBIDDEN, USAGE, BUSY when there is no room for more links
   */
  async share(options: ShareOptions): Promise<Share> {
    const { makeShare } = await import('./share-links.js');
    return makeShare(this.#pool, options);
  }

  /** The links that were made, without their secrets. */
  async *shares({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<ShareInfo> {
    const { sharePages } = await import('./share-links.js');
    for await (const page of sharePages(this.#pool, signal)) yield* page;
  }

  /**
   * Ends a link, at once and for ever.
   * @throws SealiftError NOT_FOUND, FORBIDDEN
   */
  async revoke(id: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { revokeShare } = await import('./share-links.js');
    return revokeShare(this.#pool, id, signal);
  }

  /** Sends `payload` (at most 1,024 characters) there and back; resolves with the milliseconds it took. */
  async ping(payload = '', { signal }: { signal?: AbortSignal } = {}): Promise<number> {
    if (payload.length > PING_MAX) throw new SealiftError('USAGE', `payload is longer than ${PING_MAX}`);
    return this.#pool.use(signal, async (connection) => {
      const startedAt = performance.now();
      connection.send({ op: 'ping', payload });
      const reply = parseReply('ping', await connection.header());
      if (reply.payload !== payload)
        throw new SealiftError('PROTOCOL', 'the server sent another payload back');
      return performance.now() - startedAt;
    });
  }

  /**
   * Runs a program on the server, and resolves with how it ended: a program that fails is no error. It is run at most once; tried again is only what
   * the server was too busy for.
   * @throws SealiftError UNSUPPORTED, FORBIDDEN, NOT_FOUND: nothing was run; NETWORK, ABORTED: it may have been, and was ended
   */
  async exec(command: ExecCommand, { signal, ...options }: ExecOptions = {}): Promise<ExecEnd> {
    const { commandRequest, execOn, ExecAttempt } = await import('./exec/index.js');
    const request = commandRequest(command);
    const attempt = new ExecAttempt();
    return withRetry(
      () => this.#pool.use(signal, (connection) => execOn(connection, request, options, attempt)),
      { ...this.#pool.retrying, mayRetry: attempt.mayRetry, signal, onRetry: this.#onRetry },
    );
  }

  /** Ends every connection; what is under way rejects with ABORTED or NETWORK. */
  close(): void {
    this.#pool.close();
  }

  #retrying<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    return withRetry(attempt, { ...this.#pool.retrying, signal, onRetry: this.#onRetry });
  }
}

async function* onePage<T>(files: Iterable<T>): AsyncGenerator<readonly T[]> {
  yield [...files];
}

/** Transfers at a time of a run of many. */
const JOBS = 4;
