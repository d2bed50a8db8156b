import { type Blake3, CHUNK_SIZE, createBlake3 } from '../digest/index.js';
import { SealiftError } from '../errors/index.js';
import { ChunkMap, type Range } from './chunk-map.js';
import type { PartFile } from './part-file.js';
import type { WholeDigest } from './whole-digest.js';

/** Stands for the digest of the chunk of a file that has one: its MD5 says as much. */
const NO_DIGEST = Buffer.alloc(32);

/**
 * A file being put together on disk: its part file, what is known of each chunk, and the digest of the whole. Bytes are
 * hashed as they come; only what was there before, or was mended, is read again.
 */
export class Assembly {
  #looking: Promise<void> = Promise.resolve();
  #following: Promise<void> | null = null;
  #failure: unknown = null;
  #isGivenUp = false;

  private constructor(
    readonly part: PartFile,
    readonly size: number,
    readonly whole: WholeDigest,
    readonly map: ChunkMap,
    /** Null where the file is not divided: its MD5 says as much. */
    private readonly hash: Blake3 | null,
  ) {}

  static async create(part: PartFile, size: number, whole: WholeDigest): Promise<Assembly> {
    whole.rewind(0);
    const map = new ChunkMap(size);
    return new Assembly(part, size, whole, map, map.isDivided ? await createBlake3() : null);
  }

  /** A body begins that starts at this chunk's start, and is handed to {@link take} piece by piece. */
  begin({ start }: Range): void {
    this.hash?.reset();
    // What a broken connection left of this chunk does not count.
    this.whole.rewind(start);
  }

  /** Takes in a piece of a body that is at `position` in the file. */
  async take(piece: Buffer, position: number): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const index = this.map.indexAt(position + at);
      const { start, end } = this.map.range(index);
      const bytes = piece.subarray(at, end - position);
      if (position + at === start && this.map.isDivided) this.whole.mark();
      this.hash?.update(bytes);
      this.whole.take(bytes, position + at);
      await this.part.write(bytes, position + at);
      at += bytes.length;
      if (position + at === end) this.#endChunk(index);
    }
  }

  /** Compares what has come, and all that comes from now on, with the manifest. */
  prove(manifest: Buffer): void {
    const bad = this.map.prove(manifest);
    if (bad !== null) this.whole.rewind(this.map.range(bad).start);
  }

  /** A chunk came again, and is right. */
  async mend(index: number, bytes: Buffer, digest: Buffer): Promise<void> {
    const { start } = this.map.range(index);
    this.whole.rewind(start);
    await this.part.write(bytes, start);
    this.map.received(index, digest);
    this.#follow();
  }

  /** The bytes of a chunk as they are on disk. */
  async chunk(index: number, buffer = Buffer.allocUnsafeSlow(CHUNK_SIZE)): Promise<Buffer> {
    const { start, end } = this.map.range(index);
    return this.part.read(buffer.subarray(0, end - start), start);
  }

  /**
   * Begins to look at what an earlier fetch left; bytes may be received meanwhile. Needs the manifest.
   * @param onWrong told of the bytes in a chunk that is of no use
   */
  lookAtFound(onWrong: (bytes: number) => void): void {
    this.#looking = this.#lookAtFound(onWrong).catch((error) => {
      this.#failure ??= error;
    });
  }

  /**
   * Resolves when everything that was found has been looked at.
   * @throws SealiftError LOCAL_IO
   */
  async looked(): Promise<void> {
    await this.#looking;
    this.#throwFailure();
  }

  /**
   * Resolves when the whole digest has all that is there from the start on.
   * @throws SealiftError LOCAL_IO
   */
  async caughtUp(): Promise<void> {
    await this.#following;
    await this.#catchUp();
    this.#throwFailure();
  }

  /** Gives up what is under way; resolves when nothing touches the part file any more. Never fails. */
  async settled(): Promise<void> {
    this.#isGivenUp = true;
    await this.#looking;
    await this.#following;
  }

  #endChunk(index: number): void {
    if (this.hash === null) {
      this.map.received(index, NO_DIGEST);
      return;
    }
    const isRight = this.map.received(index, this.hash.bytes());
    this.hash.reset();
    if (isRight) this.#follow();
    else this.whole.rewind(this.map.range(index).start);
  }

  async #lookAtFound(onWrong: (bytes: number) => void): Promise<void> {
    const hash = await createBlake3();
    const buffer = Buffer.allocUnsafeSlow(CHUNK_SIZE);
    for (let index = this.map.nextFound(0); index !== null; index = this.map.nextFound(index + 1)) {
      if (this.#isGivenUp) return;
      const bytes = await this.chunk(index, buffer);
      hash.update(bytes);
      const { start, end } = this.map.range(index);
      if (this.map.checkFound(index, hash.bytes())) this.whole.take(bytes, start);
      else onWrong(end - start);
      hash.reset();
    }
    this.#follow();
  }

  /** Where the whole digest lags behind, it goes on from the disk while other bytes come in. */
  #follow(): void {
    this.#following ??= this.#catchUp()
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#following = null;
      });
  }

  async #catchUp(): Promise<void> {
    let buffer: Buffer<ArrayBuffer> | undefined;
    while (this.whole.position < this.size && !this.#isGivenUp) {
      const index = this.map.indexAt(this.whole.position);
      if (!this.map.isThere(index)) return;
      const { start, end } = this.map.range(index);
      this.whole.rewind(start);
      buffer ??= Buffer.allocUnsafeSlow(CHUNK_SIZE);
      const bytes = await this.chunk(index, buffer);
      if (bytes.length < end - start) {
        throw new SealiftError('LOCAL_IO', `${this.part.shown}: somebody cut the part file short`);
      }
      this.whole.take(bytes, start);
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
