import { lstat, readdir, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemCode } from '../errors/index.js';
import { parsePartName, partTag } from './part-name.js';
import type { TargetFolder } from './target-folder.js';

/** A process number is used again some day: a part file as old as this is nobody's. */
const OLD_MS = 7 * 86_400_000;

type NamesByTag = Map<string, string[]>;

/**
 * Part files that a killed process left behind. A folder is read once, however many files go into it: what dies
 * later is left for the next run.
 */
export class DeadPartFiles {
  readonly #folders = new Map<string, Promise<NamesByTag>>();

  /** Removes those of the target `file`. Never fails: what cannot be removed is in nobody's way. */
  async remove(folder: TargetFolder, file: string): Promise<void> {
    const key = resolve(folder.shownPath);
    let names = this.#folders.get(key);
    if (!names) {
      names = namesIn(folder);
      this.#folders.set(key, names);
    }
    const tag = partTag(file);
    const found = await names;
    for (const name of found.get(tag) ?? []) {
      const path = folder.path(name);
      if (await isDead(path, name)) await unlink(path).catch(() => {});
    }
    found.delete(tag);
  }
}

async function namesIn(folder: TargetFolder): Promise<NamesByTag> {
  const byTag: NamesByTag = new Map();
  for (const name of await readdir(folder.path('.')).catch(() => [])) {
    const part = parsePartName(name);
    if (part) byTag.set(part.tag, [...(byTag.get(part.tag) ?? []), name]);
  }
  return byTag;
}

async function isDead(path: string, name: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  const part = parsePartName(name);
  if (!stats?.isFile() || !part) return false;
  return Date.now() - stats.mtimeMs > OLD_MS || !isRunning(part.pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any other error says that there is one, which belongs to somebody else.
    return systemCode(error) !== 'ESRCH';
  }
}
