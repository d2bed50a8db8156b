import { createBlake3 } from './blake3.js';

/** The unit of verification, in bytes; the last chunk of a file is shorter. */
export const CHUNK_SIZE = 1 << 20;
/** Bytes in a chunk's digest. */
export const CHUNK_DIGEST = 32;
/**
 * Largest manifest that is made or accepted, in bytes: that of a file of 2 TiB. A larger file is verified as a whole.
 */
export const MANIFEST_MAX = 64 << 20;

/** Chunks in a file of `size` bytes; none in an empty one. */
export function chunkCount(size: number): number {
  return Math.ceil(size / CHUNK_SIZE);
}

/** True for a file whose manifest is not too large. */
export function hasManifest(size: number): boolean {
  return chunkCount(size) * CHUNK_DIGEST <= MANIFEST_MAX;
}

/** Where chunk `index` of a file of `size` bytes begins and ends, in bytes. */
export function chunkRange(index: number, size: number): { start: number; end: number } {
  return { start: index * CHUNK_SIZE, end: Math.min(size, (index + 1) * CHUNK_SIZE) };
}

/** What binds a manifest: BLAKE3 of its bytes, 64 hex digits. */
export async function rootOf(manifest: Uint8Array): Promise<string> {
  const hash = await createBlake3();
  hash.update(manifest);
  return hash.hex();
}
