import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { localError, SealiftError, systemCode } from '../errors/index.js';
import { HAS_FD_PATHS } from './fd-paths.js';
import { absolutePath } from './working-folder.js';

const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_RDONLY } = constants;
/** File systems that cannot sync a folder say so in one of these ways. */
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EBADF']);

/** The paths of what is in a folder. */
export interface FolderPaths {
  /** The folder's own path, for people. */
  readonly shownPath: string;
  /** The path to use for a file in it. */
  path(file: string): string;
  /** The path to show for a file in it. */
  shown(file: string): string;
}

/** A folder that is written to, held open, so that what is put in it lands in it. */
export class TargetFolder implements FolderPaths {
  private constructor(
    private readonly handle: FileHandle,
    readonly shownPath: string,
  ) {}

  /**
   * Opens `base` (chosen by the user: links are followed) and the folders below it (named by a server: links are refused),
   * making what is missing; what was made survives a power cut, unless `fsync` is false. Without `make`, null if
   * anything is missing.
   * @throws SealiftError EXISTS when a file or a symbolic link stands in the way; PERMISSION, NO_SPACE, LOCAL_IO
   */
  static async open(base: string, segments: string[], make: true, fsync?: boolean): Promise<TargetFolder>;
  static async open(base: string, segments: string[], make: false): Promise<TargetFolder | null>;
  static async open(
    base: string,
    segments: string[],
    make: boolean,
    fsync = true,
  ): Promise<TargetFolder | null> {
    let shown = base;
    let folder: TargetFolder | null = null;
    try {
      const path = absolutePath(base);
      if (make) await makeBase(path, fsync);
      folder = new TargetFolder(await open(path, O_RDONLY | O_DIRECTORY), base);
      for (const segment of segments) {
        shown = join(shown, segment);
        const path: string = folder.path(segment);
        // At once: another fetch may use the folder from now on, and report success.
        if (make && (await makeFolder(path)) && fsync) await folder.sync(segment);
        const below = new TargetFolder(await openBelow(path, shown), shown);
        await folder.close();
        folder = below;
      }
      return folder;
    } catch (error) {
      await folder?.close();
      if (!make && systemCode(error) === 'ENOENT') return null;
      throw localError(error, shown);
    }
  }

  path(file: string): string {
    return HAS_FD_PATHS ? `/proc/self/fd/${this.handle.fd}/${file}` : join(this.shownPath, file);
  }

  shown(file: string): string {
    return join(this.shownPath, file);
  }

  /** @throws SealiftError NO_SPACE when less than `bytes` are free */
  async ensureFree(bytes: number, file: string): Promise<void> {
    const { blocks, bavail, bsize } = await statfs(this.path('.')).catch((error) => {
      throw localError(error, this.shown(file));
    });
    // Some network and user-space file systems say nothing about themselves.
    if (blocks > 0 && bytes > bavail * bsize) {
      throw new SealiftError(
        'NO_SPACE',
        `${this.shown(file)}: needs ${bytes} bytes, the disk has ${bavail * bsize} free; nothing was written`,
      );
    }
  }

  /** Makes names that were added or removed survive a power cut (fsync(2): syncing a file does not sync its name). */
  async sync(file: string): Promise<void> {
    try {
      await syncFolder(this.handle);
    } catch (error) {
      throw localError(error, this.shown(file));
    }
  }

  /** Never fails: the folder was only read through this handle, so nothing can be lost with it. */
  async close(): Promise<void> {
    await this.handle.close().catch(() => {});
  }
}

async function openBelow(path: string, shown: string): Promise<FileHandle> {
  try {
    return await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (cause) {
    // Linux says of a link that it is no folder, which helps nobody who sees a folder there.
    const isLink = systemCode(cause) === 'ENOTDIR' && (await lstat(path)).isSymbolicLink();
    if (!isLink) throw cause;
    throw new SealiftError(
      'EXISTS',
      `${shown}: a symbolic link stands in the way; Sealift does not write through links: remove it, or use another --dir`,
      { cause },
    );
  }
}

/** False if it is there already. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** Makes the folder and those above it. Node's own way tries for ever where the system says that a folder which is there is not (below /proc). */
async function makeBase(base: string, fsync: boolean): Promise<void> {
  const missing: string[] = [];
  for (let path = base; !(await isThere(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    if ((await makeFolder(path)) && fsync) await syncNamesIn(dirname(path));
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && path !== dirname(path)) return false;
    throw error;
  }
}

async function syncNamesIn(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    // A folder that may be written to but not read cannot be synced.
    if (systemCode(error) === 'EACCES') return;
    throw error;
  }
  try {
    await syncFolder(handle);
  } finally {
    await handle.close().catch(() => {});
  }
}

async function syncFolder(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (!cannotSync(error)) throw error;
  }
}

/** The file system is one that cannot sync a folder. */
export function cannotSync(error: unknown): boolean {
  return CANNOT_SYNC.has(systemCode(error) ?? '');
}
