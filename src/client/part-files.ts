import { lstat, readdir, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CHUNK_SIZE } from '../digest/index.js';
import { isActive, PartFile } from './part-file.js';
import { type PartName, parsePartName, partTag } from './part-name.js';
import { isAlive, OWNER } from './part-owner.js';
import type { TargetFolder } from './target-folder.js';

/** Nobody goes on with a part file that was not touched for so long. */
const OLD_MS = 7 * 86_400_000;

/** A part file that nobody writes any more. */
interface DeadPart extends PartName {
  name: string;
  size: number;
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
    for (const { name, size, version } of found.sort((a, b) => b.size - a.size)) {
      const part: PartFile | null =
        claimed === null && size >= CHUNK_SIZE ? await PartFile.claim(folder, file, name, version) : null;
      if (part) claimed = { part, version };
      else await unlink(folder.path(name)).catch(() => {});
    }
    return claimed;
  }

  /** Removes those of the target `file`, which is complete. Never fails: what stays is in nobody's way. */
  async remove(folder: TargetFolder, file: string): Promise<void> {
    for (const { name } of await this.#take(folder, file)) await unlink(folder.path(name)).catch(() => {});
  }

  /** This process left a part file in the folder: to be found by the next fetch. */
  forget(folder: TargetFolder): void {
    this.#folders.delete(resolve(folder.shownPath));
  }

  /** Those of the target `file`, which are then the caller's. */
  async #take(folder: TargetFolder, file: string): Promise<DeadPart[]> {
    const key = resolve(folder.shownPath);
    let reading = this.#folders.get(key);
    if (!reading) {
      reading = sweep(folder);
      this.#folders.set(key, reading);
    }
    const byTag = await reading;
    const tag = partTag(file);
    const found = byTag.get(tag) ?? [];
    byTag.delete(tag);
    return found;
  }
}

/** Removes what is old, whatever it is a part of, and returns what else is dead. Never fails: what stays is in nobody's way. */
async function sweep(folder: TargetFolder): Promise<DeadByTag> {
  const byTag: DeadByTag = new Map();
  for (const name of await readdir(folder.path('.')).catch(() => [])) {
    const parsed = parsePartName(name);
    if (!parsed) continue;
    const stats = await lstat(folder.path(name)).catch(() => null);
    if (!stats?.isFile() || isWritten(name, parsed, stats.mtimeMs)) continue;
    if (Date.now() - stats.mtimeMs > OLD_MS) await unlink(folder.path(name)).catch(() => {});
    else byTag.set(parsed.tag, [...(byTag.get(parsed.tag) ?? []), { ...parsed, name, size: stats.size }]);
  }
  return byTag;
}

function isWritten(name: string, { owner }: PartName, mtimeMs: number): boolean {
  const isOwn = owner.place === OWNER.place && owner.pid === OWNER.pid && owner.birth === OWNER.birth;
  return isOwn ? isActive(name) : isAlive(owner, mtimeMs);
}
