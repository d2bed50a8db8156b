import {
  type Algorithm,
  CHUNK_SIZE,
  type ExpectedDigest,
  hasIdleThread,
  inlineHasher,
  type NewWorker,
  type StreamHasher,
  threadHasher,
} from '../digest/index.js';

/** Of a smaller file a thread takes longer to start than the file to hash. Bytes. */
const THREAD_MIN = 8 << 20;

/**
 * The digests of a whole file, taken in from its start to its end: its MD5, and one more where somebody expects one.
 * Bytes that are offered out of order are not taken, so that several may offer, each what it comes by.
 */
export class WholeDigest {
  #position = 0;
  #hasher: StreamHasher;
  #ended: Promise<string[] | null> | null = null;

  private constructor(
    private readonly algorithms: Algorithm[],
    private readonly inline: StreamHasher,
    isLarge: boolean,
    make: NewWorker | undefined,
  ) {
    this.#hasher = isLarge ? threadHasher(algorithms, () => this.#goInline(), make) : inline;
  }

  /**
   * @param other the algorithm that is wanted besides MD5
   * @param make see {@link threadHasher}
   */
  static async create(
    other: ExpectedDigest['algorithm'] | undefined,
    size: number,
    make?: NewWorker,
  ): Promise<WholeDigest> {
    const algorithms: Algorithm[] = other === undefined || other === 'md5' ? ['md5'] : ['md5', other];
    return new WholeDigest(algorithms, await inlineHasher(algorithms), isWorthThread(size), make);
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** Takes `bytes` if they are the next ones. They must stay as they are until it resolves. Never fails. */
  take(bytes: Buffer, at: number): Promise<void> | undefined {
    if (at !== this.#position || bytes.length === 0) return undefined;
    if (this.#ended) throw new Error('the digests were told already');
    this.#position += bytes.length;
    // A thread that dies has its bytes taken again from the start: `position` says so.
    return this.#hasher.update(bytes)?.catch(() => {});
  }

  /** Bytes from `position` on were wrong: goes back to the start, if they were taken, or all was told. */
  rewind(position: number): void {
    if (this.#position > position || this.#ended !== null) this.#restart();
  }

  /** Of all that was taken; null if it has to be taken again. Nothing more can be taken then. */
  async md5(): Promise<string | null> {
    return this.hex('md5');
  }

  /** As {@link md5}. */
  async hex(algorithm: Algorithm): Promise<string | null> {
    const at = this.algorithms.indexOf(algorithm);
    if (at < 0) throw new Error(`${algorithm} was not asked for`);
    this.#ended ??= this.#hasher.digests().catch(() => null);
    return (await this.#ended)?.[at] ?? null;
  }

  close(): void {
    this.#hasher.close();
  }

  #restart(): void {
    this.#position = 0;
    this.#ended = null;
    this.#hasher.restart();
  }

  #goInline(): void {
    this.#hasher = this.inline;
    this.#restart();
  }
}

function isWorthThread(size: number): boolean {
  return size >= THREAD_MIN || (size > CHUNK_SIZE && hasIdleThread());
}
