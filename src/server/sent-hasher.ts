import {
  ChunkHasher,
  type FileDigests,
  hasManifest,
  inlineHasher,
  rootOf,
  type StreamHasher,
  threadHasher,
} from '../digest/index.js';

/** Threads that hash what is sent; more bodies at once are hashed between reading and sending. */
const THREADS_MAX = 2;
/** A smaller file is hashed before a thread has begun, in bytes. */
const WORTH_A_THREAD = 8 << 20;

let threads = 0;

/**
 * Computes a file's digests from its bytes as they are sent. MD5, which takes longest by far, on a thread of its own, where it
 * holds up neither this body nor anybody else's.
 */
export class SentHasher {
  #last: Promise<void> | undefined;

  private constructor(
    private readonly md5: StreamHasher,
    private readonly chunks: ChunkHasher | null,
    private readonly isOnThread: boolean,
  ) {}

  /** @param size of the file, in bytes */
  static async create(size: number): Promise<SentHasher> {
    const chunks = hasManifest(size) ? await ChunkHasher.create() : null;
    const isOnThread = size >= WORTH_A_THREAD && threads < THREADS_MAX;
    // What becomes of a thread that dies shows whoever waits for it.
    const md5 = isOnThread ? threadHasher(['md5'], () => {}) : await inlineHasher(['md5']);
    // Not before: a thread may be refused.
    if (isOnThread) threads++;
    return new SentHasher(md5, chunks, isOnThread);
  }

  /** The next bytes. They must stay as they are until it resolves. */
  update(bytes: Buffer): Promise<void> | undefined {
    this.#last = this.md5.update(bytes);
    this.chunks?.update(bytes);
    return this.#last;
  }

  /** Once, at the end. */
  async digests(): Promise<FileDigests> {
    const [md5 = ''] = await this.md5.digests();
    if (this.chunks === null) return { md5, root: null, manifest: null };
    const manifest = this.chunks.manifest();
    return { md5, root: await rootOf(manifest), manifest };
  }

  /** Once. Resolves when it has let go of all that it was given. */
  async close(): Promise<void> {
    await this.#last?.catch(() => {});
    if (this.isOnThread) threads--;
    this.md5.close();
  }
}
