import type { FileHandle } from 'node:fs/promises';
import { SealiftError } from '../../errors/index.js';

/**
 * The first `size` bytes of an open file.
 * @throws SealiftError CHANGED when it is shorter
 */
export async function readFully(handle: FileHandle, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  if ((await fillFrom(handle, buffer, 0)) < size) {
    throw new SealiftError('CHANGED', 'the file was cut short while it was read');
  }
  return buffer;
}

/** Reads from `position` until `buffer` is full or the file ends; one read may return less than is there. */
export async function fillFrom(handle: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
