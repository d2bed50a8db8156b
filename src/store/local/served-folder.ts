import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder of the storage, held open while it is listed: what is found in it is in it, although its name, or a name above
 * it, may have become a link that leads outside.
 */
export class ServedFolder {
  /**
   * @param path leads to this very folder as long as the handle is open
   * @param throughLink facts of what a symbolic link leads to, or null if that is not served
   */
  constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    private readonly throughLink: (path: string) => Promise<BigIntStats | null>,
  ) {}

  /** The facts of a served file in it, or null. */
  async look(file: string): Promise<BigIntStats | null> {
    const path = join(this.path, file);
    let own: BigIntStats;
    try {
      own = await lstat(path, { bigint: true });
    } catch {
      return null;
    }
    if (own.isFile()) return own;
    return own.isSymbolicLink() ? this.throughLink(path) : null;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
