import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { SealiftError } from '../errors/index.js';

/** A write that takes longer has waited for the disk, in milliseconds: memory takes a chunk in less than one. */
const SLOW_MS = 20;

/**
 * Writes to a file. On this thread as long as memory takes the bytes: to wake another for each chunk takes as long as to write it. On
 * another from the first write on that waits for the disk, until one does not, so that a slow disk holds up nothing else.
 */
export class DiskWriter {
  #isSlow = false;

  constructor(
    private readonly handle: FileHandle,
    /** The file, for people. */
    private readonly shown: string,
  ) {}

  /**
   * Writes all of `bytes` at `position`; one write may take less than it is given.
   * @throws what the operating system says, or SealiftError LOCAL_IO
   */
  async write(bytes: Buffer, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const startedAt = performance.now();
      const count = await this.#writeSome(bytes.subarray(at), position + at);
      this.#isSlow = performance.now() - startedAt > SLOW_MS;
      if (count === 0) throw noMoreBytes(this.shown);
      at += count;
    }
  }

  async #writeSome(bytes: Buffer, position: number): Promise<number> {
    if (!this.#isSlow) return writeSync(this.handle.fd, bytes, 0, bytes.length, position);
    return (await this.handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }
}

/** A write that took nothing, and said nothing. */
export function noMoreBytes(shown: string): SealiftError {
  return new SealiftError('LOCAL_IO', `${shown}: the disk takes no more bytes`);
}
