import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import fastGlob from 'fast-glob';

export type WalkItem = { kind: 'file' | 'folder' | 'link'; name: string };

/**
 * Everything below a folder of the storage, in no order: files, folders and symbolic links, hidden ones left out.
 * Links to folders inside are walked too, but not links found below them, so that circles end.
 * Memory does not grow with the number of files.
 * @param below name of the folder, empty for the storage itself
 * @param deep so many folders down; 1: only what is in the folder itself
 */
export async function* walk(
  root: string,
  below: string,
  deep = Number.POSITIVE_INFINITY,
): AsyncGenerator<WalkItem> {
  yield* walkFolder(root, below, !(await isBehindLink(join(root, below))), deep);
}

/** Whether a walk from the root enters the folder `name`: a real one, or a link that is followed. */
export async function isWalked(root: string, name: string): Promise<boolean> {
  const path = join(root, name);
  try {
    if ((await lstat(path)).isDirectory()) return true;
    return !(await isBehindLink(dirname(path))) && (await leadsToOtherFolder(root, name));
  } catch {
    return false;
  }
}

async function isBehindLink(path: string): Promise<boolean> {
  try {
    return (await realpath(path)) !== path;
  } catch {
    return false;
  }
}

async function* walkFolder(
  root: string,
  below: string,
  followLinks: boolean,
  deep: number,
): AsyncGenerator<WalkItem> {
  const entries = fastGlob.stream('**', {
    cwd: join(root, below),
    dot: false,
    deep,
    onlyFiles: false,
    objectMode: true,
    followSymbolicLinks: false,
    suppressErrors: true,
    // The set that finds duplicates would grow with the storage; one pattern yields none.
    unique: false,
  }) as AsyncIterable<unknown>;
  for await (const entry of entries as AsyncIterable<fastGlob.Entry>) {
    const name = below === '' ? entry.path : `${below}/${entry.path}`;
    if (entry.dirent.isFile()) yield { kind: 'file', name };
    else if (entry.dirent.isDirectory()) yield { kind: 'folder', name };
    else if (entry.dirent.isSymbolicLink()) {
      if (followLinks && (await leadsToOtherFolder(root, name))) {
        yield { kind: 'folder', name };
        if (deep > 1) yield* walkFolder(root, name, false, deep - 1);
      } else yield { kind: 'link', name };
    }
  }
}

/** A link to a folder inside the storage that does not contain the link itself. */
async function leadsToOtherFolder(root: string, name: string): Promise<boolean> {
  try {
    const target = await realpath(join(root, name));
    const isInside = target.startsWith(root + sep);
    const holdsLink = `${join(root, name)}${sep}`.startsWith(target + sep);
    return isInside && !holdsLink && (await lstat(target)).isDirectory();
  } catch {
    return false;
  }
}
