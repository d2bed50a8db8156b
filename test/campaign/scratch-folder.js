import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder that is a campaign's own. */
export function scratchFolder() {
  const path = mkdtempSync(join(tmpdir(), 'sealift-campaign-'));
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
