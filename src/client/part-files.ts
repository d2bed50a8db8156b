import { lstat, readdir, unlink } from 'node:fs/promises';
import { CHUNK_SIZE } from '../digest/index.js';
import { isKept, PartFile } from './part-file.js';
import { type PartName, parsePartName, partTag } from './part-name.js';
import { type Fate, fateOf, isThisProcess } from './part-owner.js';
import type { FolderPaths, TargetFolder } from './target-folder.js';
import { absolutePath } from './working-folder.js';

/** Nobody goes on with a part file that was not touched for so long. */
const OLD_MS = 7 * 86_400_000;

/** A part file that nobody writes any more, as far as can be known. */
interface DeadPart extends PartName {
  name: string;
  size: number;
  fate: Fate;
}

type DeadByTag = Map<string, DeadPart[]>;

/** What is there to go on from, and of which version of the file; null if that is not known. */
export interface ClaimedPart {
  part: PartFile;
  version: string | null;
}

/**
 * Part files that earlier fetches left behind: resumed, or removed. A folder is read once, however many files go into
 * it: what dies later is left for the next run.
 */
export class PartFiles {
  readonly #folders = new Map<string, Promise<DeadByTag>>();

  /**
   * Takes over the part file of the target `file` that has most bytes, and removes the others. Null if there is none with
   * a whole chunk.
   */
  async claim(folder: TargetFolder, file: string): Promise<ClaimedPart | null> {
    const found = await this.#take(folder, file);
    let claimed: ClaimedPart | null = null;
    for (const dead of found.sort((a, b) => b.size - a.size)) {
      const { name, size, version } = dead;
      const isWanted: boolean = claimed === null && size >= CHUNK_SIZE;
      const part: PartFile | null = isWanted ? await takeOver(folder, file, dead) : null;
      if (part) claimed = { part, version };
      // Its name: whoever still writes to it finds out when it wants to publish.
      if (!part || dead.fate !== 'dead') await unlink(folder.path(name)).catch(() => {});
    }
    return claimed;
  }

  /** Removes those of the target `file`, which is complete. Never fails: what stays is in nobody's way. */
  async remove(folder: FolderPaths, file: string): Promise<void> {
    for (const { name } of await this.#take(folder, file)) await unlink(folder.path(name)).catch(() => {});
  }

  /** True if nobody left any in the folder. */
  async areNone(folder: FolderPaths): Promise<boolean> {
    return (await this.#swept(folder)).size === 0;
  }

  /** This process left a part file in the folder: to be found by the next fetch. */
  forget(folder: TargetFolder): void {
    this.#folders.delete(absolutePath(folder.shownPath));
  }

  /** Those of the target `file`, which are then the caller's. */
  async #take(folder: FolderPaths, file: string): Promise<DeadPart[]> {
    const byTag = await this.#swept(folder);
    const tag = partTag(file);
    const found = byTag.get(tag) ?? [];
    byTag.delete(tag);
    return found;
  }

  #swept(folder: FolderPaths): Promise<DeadByTag> {
    const key = absolutePath(folder.shownPath);
    let reading = this.#folders.get(key);
    if (!reading) {
      reading = sweep(folder);
      this.#folders.set(key, reading);
    }
    return reading;
  }
}

/** Removes what is old, whatever it is a part of, and returns what else is dead. Never fails: what stays is in nobody's way. */
async function sweep(folder: FolderPaths): Promise<DeadByTag> {
  const byTag: DeadByTag = new Map();
  for (const name of await readdir(folder.path('.')).catch(() => [])) {
    const parsed = parsePartName(name);
    if (!parsed) continue;
    const stats = await lstat(folder.path(name)).catch(() => null);
    if (!stats?.isFile()) continue;
    const fate = fateOfPart(name, parsed, stats.mtimeMs);
    if (fate === 'alive') continue;
    if (Date.now() - stats.mtimeMs > OLD_MS) await unlink(folder.path(name)).catch(() => {});
    else
      byTag.set(parsed.tag, [...(byTag.get(parsed.tag) ?? []), { ...parsed, name, size: stats.size, fate }]);
  }
  return byTag;
}

/** One that is written by another thread of this process is not known here: only what was left is nobody's. */
function fateOfPart(name: string, { owner }: PartName, mtimeMs: number): Fate {
  if (isThisProcess(owner)) return isKept(name) ? 'dead' : 'alive';
  return fateOf(owner, mtimeMs);
}

/** Rule: two never write to one file. Where the writer is not certainly gone, its bytes are copied. */
async function takeOver(folder: TargetFolder, file: string, dead: DeadPart): Promise<PartFile | null> {
  if (dead.fate === 'dead') return PartFile.claim(folder, file, dead.name, dead.version);
  // What cannot be copied (no room, no right) is fetched anew.
  return PartFile.copyOf(folder, file, dead.name, dead.version).catch(() => null);
}
