import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';

/** Where files cost no disk, if there is such a place. */
export const quickFolder = () => (existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir());

/**
 * A temporary folder that is a campaign's own.
 * @param {string} [parent]
 */
export function scratchFolder(parent = tmpdir()) {
  const path = mkdtempSync(join(parent, 'sealift-campaign-'));
  let copies = 0;
  return {
    path,
    /** A new folder in it, empty. */
    newFolder: () => {
      const folder = join(path, `run-${++copies}`);
      mkdirSync(folder);
      return folder;
    },
    /**
     * @param {string} folder copied with times and all
     * @param {string} [copy] default: a new folder
     */
    copyOf: (folder, copy = join(path, `run-${++copies}`)) => {
      cpSync(folder, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      return copy;
    },
    /** @param {string} [folder] default: all of it */
    remove: (folder = path) => rmSync(folder, { recursive: true, force: true }),
  };
}

/** @typedef {ReturnType<typeof scratchFolder>} ScratchFolder */
