import { type Blake3, createBlake3 } from './blake3.js';
import { CHUNK_DIGEST, CHUNK_SIZE } from './manifest.js';

const FIRST_CAPACITY = 64 * CHUNK_DIGEST;

/** Makes the manifest of a file from its bytes, taken in from the first to the last in pieces of any size. */
export class ChunkHasher {
  #manifest = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #length = 0;
  #inChunk = 0;

  private constructor(private readonly hash: Blake3) {}

  static async create(): Promise<ChunkHasher> {
    return new ChunkHasher(await createBlake3());
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + CHUNK_SIZE - this.#inChunk);
      this.hash.update(piece);
      this.#inChunk += piece.length;
      at += piece.length;
      if (this.#inChunk === CHUNK_SIZE) this.#endChunk();
    }
  }

  /** The chunks' digests, 32 bytes each. Ends the last chunk. */
  manifest(): Buffer {
    if (this.#inChunk > 0) this.#endChunk();
    return this.#manifest.subarray(0, this.#length);
  }

  #endChunk(): void {
    if (this.#length === this.#manifest.length) {
      this.#manifest = Buffer.concat([this.#manifest, Buffer.allocUnsafeSlow(this.#length)]);
    }
    this.hash.bytes().copy(this.#manifest, this.#length);
    this.hash.reset();
    this.#length += CHUNK_DIGEST;
    this.#inChunk = 0;
  }
}
