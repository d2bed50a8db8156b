import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkFile } from '../files/same-file.js';
import { putRandomFile } from '../files/samples.js';
import { linkTree } from '../files/trees.js';
import { WrongResult } from '../files/wrong-result.js';
import { timed } from '../measure/timed.js';

/**
 * @typedef {import('../measure/rounds.js').Contender} Contender
 * @typedef {import('../peers/service.js').Service} Service
 * @typedef {import('../workload.js').Bench} Bench
 */

/** Of the one file that workloads fetch. */
export const FILE = 'file.bin';

/**
 * A storage in memory with the one file in it.
 * @param {Bench} bench
 */
export function putLargeFile({ isTiny, memory: scratch }) {
  const size = isTiny ? 4 << 20 : 2 * 2 ** 30;
  const storage = scratch.folder('storage');
  const source = join(storage, FILE);
  putRandomFile(source, size);
  return { scratch, storage, source, size };
}

/**
 * Fetches the one file into a new folder, and compares it byte for byte.
 * @param {object} fetching
 * @param {string} fetching.name
 * @param {Service} fetching.server
 * @param {string} fetching.source
 * @param {import('../files/scratch.js').Scratch} fetching.scratch
 * @param {(dir: string, path: string) => readonly string[]} fetching.command
 * @param {string} [fetching.prints] what it must print
 * @returns {Contender}
 */
export function fileContender({ name, server, source, scratch, command, prints = '' }) {
  return {
    name,
    measure: async () => {
      const dir = scratch.folder('target');
      const path = join(dir, FILE);
      const timing = await timed(command(dir, path), { server });
      if (!timing.stdout.includes(prints)) throw new WrongResult(`${name} printed ${timing.stdout}`);
      checkFile(source, path);
      rmSync(dir, { recursive: true });
      return timing;
    },
  };
}

/**
 * A folder for each build with the same files in it, as each keeps an index of its own in what it serves.
 * @param {Bench} bench
 * @param {string} storage
 */
export function storageOfEach({ builds, memory, disk }, storage) {
  const scratch = storage.startsWith(memory.path) ? memory : disk;
  return builds.map((build, number) => {
    if (number === 0) return { build, folder: storage };
    const folder = scratch.folder('storage');
    linkTree(storage, folder);
    return { build, folder };
  });
}

/**
 * Each build serving the same files, all of which it has hashed.
 * @param {Bench} bench
 * @param {string} storage
 */
export async function serveEach(bench, storage) {
  const served = [];
  for (const { build, folder } of storageOfEach(bench, storage)) {
    served.push({ build, server: await build.serveWarm(folder) });
  }
  return served;
}
