import { createHash, type Hash } from 'node:crypto';
import { type Blake3, createBlake3 } from './blake3.js';
import { ChunkHasher } from './chunk-hasher.js';
import { hasManifest, rootOf } from './manifest.js';

/** All that is to know of a file's bytes. A file with too large a manifest has neither that nor a root. */
export interface FileDigests {
  /** 32 hex digits. */
  md5: string;
  /** BLAKE3 of the manifest, 64 hex digits. */
  root: string | null;
  manifest: Buffer | null;
}

/** Computes a file's digests from its bytes, taken in from the first to the last in pieces of any size. */
export class FileHasher {
  readonly #md5: Hash = createHash('md5');

  private constructor(private readonly chunks: ChunkHasher | null) {}

  /** @param size of the file, in bytes */
  static async create(size: number): Promise<FileHasher> {
    return new FileHasher(hasManifest(size) ? await ChunkHasher.create() : null);
  }

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    this.chunks?.update(bytes);
  }

  /** Once, at the end. */
  async digests(): Promise<FileDigests> {
    const md5 = this.#md5.digest('hex');
    if (this.chunks === null) return { md5, root: null, manifest: null };
    const manifest = this.chunks.manifest();
    return { md5, root: await rootOf(manifest), manifest };
  }
}

let shared: Blake3 | undefined;

/** The digests of a file of one chunk, or none, that is in memory. */
export async function digestsOfSmall(bytes: Uint8Array): Promise<FileDigests> {
  const md5 = createHash('md5').update(bytes).digest('hex');
  // To make a hash object takes longer than to hash a small file. Nobody else has it between here and the end.
  const hash = (shared ??= await createBlake3());
  hash.reset();
  hash.update(bytes);
  const manifest = bytes.length === 0 ? Buffer.alloc(0) : hash.bytes();
  hash.reset();
  hash.update(manifest);
  return { md5, root: hash.hex(), manifest };
}
