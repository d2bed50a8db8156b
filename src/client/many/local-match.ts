import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { md5Of } from '../../digest/index.js';
import type { Entry } from '../../protocol/index.js';
import type { OpenFolder } from './open-folder.js';

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;

/** What stands where a listed file is to go; `other` may be anything that has to be looked at with care. */
export type LocalMatch = 'none' | 'same' | 'differs' | 'other';

/** Compares a small file with its entry; without a digest in that, nothing can be said of a file. */
export function matchLocal(folder: OpenFolder, file: string, { size, md5 }: Entry): LocalMatch {
  if (folder.isNew) return 'none';
  const path = folder.pathNow(file);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'none';
  if (!stats.isFile() || md5 === null) return 'other';
  if (stats.size !== size) return 'differs';
  return md5OfFile(path, size) === md5 ? 'same' : 'differs';
}

/** Null for what is no regular file of this size by now; a link is not followed, a FIFO does not block. */
function md5OfFile(path: string, size: number): string | null {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) return null;
    // One more than there should be, so that a longer file shows.
    const bytes = Buffer.allocUnsafe(size + 1);
    let filled = 0;
    for (let count = -1; count !== 0 && filled < bytes.length; filled += count) {
      count = readSync(fd, bytes, filled, bytes.length - filled, filled);
    }
    return filled === size ? md5Of(bytes.subarray(0, size)) : null;
  } finally {
    closeSync(fd);
  }
}
