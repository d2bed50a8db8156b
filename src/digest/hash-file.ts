import type { FileHandle } from 'node:fs/promises';
import { abortedError } from '../errors/index.js';
import { type Algorithm, createHasher } from './algorithm.js';

const BUFFER = 1 << 20;

export interface HashFileOptions {
  /** Called after each read with the bytes hashed so far. */
  onProgress?: ((done: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Digest of an open file from its start to its end, in constant memory.
 * @throws SealiftError ABORTED; else what reading throws
 */
export async function hashFile(
  handle: FileHandle,
  algorithm: Algorithm,
  { onProgress, signal }: HashFileOptions = {},
): Promise<string> {
  const hasher = await createHasher(algorithm);
  const buffer = Buffer.allocUnsafeSlow(BUFFER);
  for (let position = 0; ; ) {
    if (signal?.aborted) throw abortedError(signal);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return hasher.hex();
    hasher.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
    onProgress?.(position);
  }
}
