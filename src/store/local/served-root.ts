import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SealiftError, systemCode } from '../../errors/index.js';
import { notFound } from '../not-found.js';
import { OPEN_FLAGS } from './open-flags.js';
import { ServedFolder } from './served-folder.js';
import { settledStats } from './settled-stats.js';

export interface OpenedFile {
  handle: FileHandle;
  stats: BigIntStats;
}

const FOLDER_FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);

/** The served folder as a boundary: the one place that turns a name into a file. */
export class ServedRoot {
  /** @param path real path of the folder, without symbolic links */
  constructor(
    readonly path: string,
    readonly accepts: (name: string) => boolean,
  ) {}

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /**
   * Opens a served file for reading. Its facts are settled: a write that they do not tell of shows in the next look.
   * @throws SealiftError NOT_FOUND, FORBIDDEN, BUSY, CHANGED, INTERNAL
   */
  async open(name: string): Promise<OpenedFile> {
    if (!this.accepts(name)) throw notFound(name);
    try {
      const { handle } = await this.#openInside(this.pathOf(name), name);
      try {
        return { handle, stats: await settledStats(handle, name) };
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      throw servedError(error, name);
    }
  }

  /**
   * Opens a folder to list it (the empty name is the storage itself), or null if it is not served. Who gets it closes it.
   * @throws SealiftError BUSY
   */
  async openFolder(name: string): Promise<ServedFolder | null> {
    const path = this.pathOf(name);
    try {
      const handle = await open(path, FOLDER_FLAGS);
      const real = await pathOfOpen(handle, path, await handle.stat({ bigint: true }));
      if (name === '' || this.#isInside(real)) {
        const fixed = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
        return new ServedFolder(handle, fixed, (link) => this.#throughLink(link));
      }
      await handle.close();
      return null;
    } catch (error) {
      return nullUnlessBusy(error, name);
    }
  }

  /**
   * The facts of a file by a look at its path alone, or null if it is not served. To keep the index, and never to be told: a
   * folder that is swapped just then may lead it outside.
   */
  async look(name: string): Promise<BigIntStats | null> {
    if (!this.accepts(name)) return null;
    const path = this.pathOf(name);
    try {
      const own = await lstat(path, { bigint: true });
      if (own.isFile()) return own;
      if (!own.isSymbolicLink() || !this.#isInside(await realpath(path))) return null;
      const target = await stat(path, { bigint: true });
      return target.isFile() ? target : null;
    } catch {
      return null;
    }
  }

  /** True if it is certain that nothing has this name. */
  async isGone(name: string): Promise<boolean> {
    try {
      await lstat(this.pathOf(name));
      return false;
    } catch (error) {
      return systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR';
    }
  }

  async isLink(name: string): Promise<boolean> {
    try {
      return (await lstat(this.pathOf(name))).isSymbolicLink();
    } catch {
      return false;
    }
  }

  /** True if the folder `name` (the empty name is the storage itself) is a real one inside, or a link to one. */
  async hasFolder(name: string): Promise<boolean> {
    if (name === '') return true;
    try {
      const path = await realpath(this.pathOf(name));
      return this.#isInside(path) && (await stat(path)).isDirectory();
    } catch {
      return false;
    }
  }

  async #openInside(path: string, name: string): Promise<OpenedFile> {
    // Opening a device can have effects of its own, so nothing but a regular file is opened on purpose.
    if (!(await stat(path)).isFile()) throw notFound(name);
    const handle = await open(path, OPEN_FLAGS);
    try {
      const stats = await handle.stat({ bigint: true });
      // Checked on what is open, not on the path: the path may lead elsewhere by now.
      if (!stats.isFile() || !this.#isInside(await pathOfOpen(handle, path, stats))) throw notFound(name);
      return { handle, stats };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #throughLink(path: string): Promise<BigIntStats | null> {
    try {
      const { handle, stats } = await this.#openInside(path, '');
      await handle.close();
      return stats;
    } catch (error) {
      return nullUnlessBusy(error, '');
    }
  }

  #isInside(path: string): boolean {
    // With the separator: `/store-evil` begins with `/store` too.
    const prefix = this.path.endsWith(sep) ? this.path : this.path + sep;
    return path.startsWith(prefix) && this.accepts(path.slice(prefix.length).split(sep).join('/'));
  }
}

/** Where the open file really is: a link, or a folder swapped for one after a check, does not change this answer. */
async function pathOfOpen(handle: FileHandle, path: string, stats: BigIntStats): Promise<string> {
  if (process.platform === 'linux') {
    const real = await readlink(`/proc/self/fd/${handle.fd}`);
    // Removed, or replaced by a rename over it, just now: what was opened is served all the same.
    return stats.nlink === 0n ? real.replace(/ \(deleted\)$/, '') : real;
  }
  const real = await realpath(path);
  const found = await lstat(real, { bigint: true });
  return found.ino === stats.ino && found.dev === stats.dev ? real : '';
}

/** What cannot be opened for lack of descriptors may well be served: it must not be left out. */
function nullUnlessBusy(error: unknown, name: string): null {
  const served = servedError(error, name);
  if (served.code === 'BUSY') throw served;
  return null;
}

function servedError(error: unknown, name: string): SealiftError {
  if (error instanceof SealiftError) return error;
  switch (systemCode(error)) {
    case 'EACCES':
    case 'EPERM':
      return new SealiftError('FORBIDDEN', `${name}: the server may not read this file`, { cause: error });
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return new SealiftError('BUSY', 'the server has too many files open; try again', { cause: error });
    case 'EIO':
      return new SealiftError('INTERNAL', `${name}: the server cannot read this file`, { cause: error });
    default:
      return notFound(name, error);
  }
}
