import { type Algorithm, type Blake3, CHUNK_SIZE, createBlake3, sharedBytes } from '../digest/index.js';
import { SealiftError } from '../errors/index.js';
import { ChunkMap } from './chunk-map.js';
import type { PartFile } from './part-file.js';
import type { WholeDigest } from './whole-digest.js';

/** Stands for the digest of the chunk of a file that has one: its MD5 says as much. */
const NO_DIGEST = Buffer.alloc(32);

/**
 * A file being put together on disk: its part file, what is known of each chunk, and the digest of the whole. Bytes are
 * hashed as they come; only what was there before, came out of order, or was mended, is read again.
 */
export class Assembly {
  /** Bytes that have come and do not count in the map yet. */
  underWay = 0;
  readonly #writing = new Set<Promise<void>>();
  #looking: Promise<void> = Promise.resolve();
  #following: Promise<void> | null = null;
  #failure: unknown = null;
  #isGivenUp = false;
  /** For what is hashed from the disk because it came before its turn. */
  readonly #behind = new Alternating();

  private constructor(
    readonly part: PartFile,
    readonly size: number,
    /** Null where chunks alone decide. */
    private readonly whole: WholeDigest | null,
    readonly map: ChunkMap,
    /** Null where the file is not divided: its MD5 says as much. */
    private readonly hash: Blake3 | null,
  ) {}

  static async create(part: PartFile, size: number, whole: WholeDigest | null): Promise<Assembly> {
    whole?.rewind(0);
    const map = new ChunkMap(size);
    return new Assembly(part, size, whole, map, map.isDivided ? await createBlake3() : null);
  }

  /**
   * Takes in a chunk that came and is at `position` in the file; of a file that is not divided, any piece, in order.
   * Resolves when `bytes` may be used for something else. Never fails: {@link throwFailure} does.
   */
  accept(bytes: Buffer, position: number): Promise<void> {
    const writing = this.#takeIn(bytes, position)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#writing.delete(writing);
      });
    this.#writing.add(writing);
    return writing;
  }

  /** Compares what has come, and all that comes from now on, with the manifest. */
  prove(manifest: Buffer): void {
    const bad = this.map.prove(manifest);
    if (bad !== null) this.whole?.rewind(this.map.range(bad).start);
  }

  /** A chunk came again, and is right. */
  async mend(index: number, bytes: Buffer, digest: Buffer): Promise<void> {
    const { start } = this.map.range(index);
    this.whole?.rewind(start);
    await this.part.write(bytes, start);
    this.map.received(index, digest);
    this.#follow();
  }

  /** The bytes of a chunk as they are on disk. */
  async chunk(index: number, buffer: Buffer = Buffer.allocUnsafeSlow(CHUNK_SIZE)): Promise<Buffer> {
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
   * Resolves when everything that was found has been looked at, and all that came is on disk.
   * @throws SealiftError LOCAL_IO
   */
  async looked(): Promise<void> {
    await this.#looking;
    await this.#written();
    this.throwFailure();
  }

  /**
   * A digest of the whole, all of which is there.
   * @throws SealiftError LOCAL_IO
   */
  async digest(algorithm: Algorithm): Promise<string> {
    for (;;) {
      await this.#written();
      this.#follow();
      await this.#following;
      this.throwFailure();
      const hex = (await this.whole?.hex(algorithm)) ?? null;
      if (hex !== null) return hex;
    }
  }

  /** Gives up what is under way; resolves when nothing touches the part file any more. Never fails. */
  async settled(): Promise<void> {
    this.#isGivenUp = true;
    await this.#written();
    await this.#looking;
    await this.#following;
  }

  /** @throws SealiftError what failed behind the scenes */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async #takeIn(bytes: Buffer, position: number): Promise<void> {
    const { map } = this;
    const index = map.indexAt(position);
    const digest = this.#digestOf(bytes);
    const seemsRight = !map.isDivided || !map.hasManifest || map.isRight(index, digest);
    const hashed = seemsRight ? this.whole?.take(bytes, position) : undefined;
    try {
      await this.part.write(bytes, position);
    } finally {
      await hashed;
    }
    // Rule: what the map counts is on disk.
    if (map.isDivided) this.#count(index, digest);
    else if (position + bytes.length === this.size) map.received(index, digest);
  }

  #count(index: number, digest: Buffer): void {
    if (this.map.received(index, digest)) this.#follow();
    else this.whole?.rewind(this.map.range(index).start);
  }

  #digestOf(bytes: Buffer): Buffer {
    if (this.hash === null) return NO_DIGEST;
    this.hash.reset();
    this.hash.update(bytes);
    return this.hash.bytes();
  }

  async #written(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #lookAtFound(onWrong: (bytes: number) => void): Promise<void> {
    const { map } = this;
    const buffers = new Alternating();
    for (let index = map.nextFound(0); index !== null; index = map.nextFound(index + 1)) {
      if (this.#isGivenUp) return;
      const bytes = await this.chunk(index, await buffers.next());
      const { start, end } = map.range(index);
      if (map.checkFound(index, this.#digestOf(bytes))) buffers.usedUntil(this.whole?.take(bytes, start));
      else onWrong(end - start);
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
    const { whole, map, size } = this;
    if (whole === null) return;
    while (whole.position < size && !this.#isGivenUp) {
      const at = whole.position;
      if (!map.isThere(map.indexAt(at))) return;
      const wanted = (await this.#behind.next()).subarray(0, size - at);
      const bytes = await this.part.read(wanted, at);
      if (bytes.length < wanted.length) {
        throw new SealiftError('LOCAL_IO', `${this.part.shown}: somebody cut the part file short`);
      }
      // Meanwhile it may have gone on, or back.
      this.#behind.usedUntil(whole.take(bytes, at));
    }
  }
}

/** Two buffers of a chunk, one read while the other is hashed. */
class Alternating {
  #buffers: { bytes: Buffer; used: Promise<void> | undefined }[] = [];

  async next(): Promise<Buffer> {
    const oldest = this.#buffers.length === 2 ? this.#buffers.shift() : undefined;
    await oldest?.used;
    const bytes = oldest?.bytes ?? sharedBytes(CHUNK_SIZE);
    this.#buffers.push({ bytes, used: undefined });
    return bytes;
  }

  /** The one handed out last is hashed until then. */
  usedUntil(used: Promise<void> | undefined): void {
    const last = this.#buffers.at(-1);
    if (last) last.used = used;
  }
}
