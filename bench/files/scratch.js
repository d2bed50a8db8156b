import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { atTheEnd } from '../measure/endings.js';

const IN_MEMORY = '/dev/shm';

/**
 * A folder that is the bench's own, gone with it.
 * @typedef {object} Scratch
 * @property {string} path
 * @property {string} fileSystem its type, such as ext4
 * @property {(name: string) => string} folder makes a new, empty one in it
 * @property {(path: string) => void} remove
 * @property {() => number} freeBytes
 */

/**
 * In memory, so that no disk is measured; on the disk where there is no such place with so much room.
 * @param {number} needed bytes
 */
export function scratchInMemory(needed) {
  return scratchIn(existsSync(IN_MEMORY) && freeBytesIn(IN_MEMORY) >= needed ? IN_MEMORY : tmpdir());
}

export const scratchOnDisk = () => scratchIn(tmpdir());

/**
 * @param {string} parent
 * @returns {Scratch}
 */
function scratchIn(parent) {
  const path = mkdtempSync(join(parent, 'sealift-bench-'));
  atTheEnd(() => rmSync(path, { recursive: true, force: true }));
  let folders = 0;
  return {
    path,
    fileSystem: fileSystemOf(path),
    folder: (name) => {
      const folder = join(path, `${name}-${++folders}`);
      mkdirSync(folder);
      return folder;
    },
    remove: (what) => rmSync(what, { recursive: true, force: true }),
    freeBytes: () => freeBytesIn(path),
  };
}

/** @param {string} path */
function freeBytesIn(path) {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/**
 * The type of the file system that holds `path`, as the system calls it.
 * @param {string} path
 */
function fileSystemOf(path) {
  if (!existsSync('/proc/mounts')) return 'unknown';
  const real = realpathSync(path) + sep;
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point = '/']) => real.startsWith(point === '/' ? '/' : point + sep));
  // The longest one that leads there; of two on the same point the later one.
  const [, , type] = mounts.reduce(
    (best, mount) => ((mount[1] ?? '').length >= (best[1] ?? '').length ? mount : best),
    [],
  );
  return type ?? 'unknown';
}
