import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { localError, SealiftError, systemCode } from '../errors/index.js';
import { DiskWriter } from './disk-writer.js';
import { HAS_FD_PATHS } from './fd-paths.js';
import { partName } from './part-name.js';
import type { TargetFolder } from './target-folder.js';

const { COPYFILE_EXCL, COPYFILE_FICLONE } = constants;
const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR } = constants;
/** Of a new file, before the umask. */
export const FILE_MODE = 0o666;
/** What `blocks` of a file counts, in bytes (stat(2)). */
const BLOCK = 512;
/** Private until it is published. */
const PART_MODE = 0o600;
/** File systems without hard links say so in one of these ways. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK']);
/** And those that cannot hold a time in one of these. */
const NO_SUCH_TIME = new Set(['EINVAL', 'EOVERFLOW']);

/** How a part file becomes the file. */
export interface PublishOptions {
  /** Replace a file that is there. */
  force: boolean;
  /** Make it survive a power cut before success is reported. */
  fsync: boolean;
  /** Milliseconds since the Unix epoch. */
  mtime: number;
  /** Permissions; default: those of any new file. */
  mode?: number | undefined;
}

/** Part files that this process wrote and left: nobody writes to them any more. */
const kept = new Set<string>();

export function isKept(part: string): boolean {
  return kept.has(part);
}

/** Where the file system does not tell, all of it. Bytes. */
function onDisk({ size, blocks }: Stats): number {
  return blocks > 0 ? Math.min(size, blocks * BLOCK) : size;
}

/** Never fails: what cannot be removed now, the next fetch removes. */
async function remove(folder: TargetFolder, part: string): Promise<void> {
  await unlink(folder.path(part)).catch(() => void kept.add(part));
}

/**
 * A download that is not finished: a hidden file beside its target, of no other name until it is verified. Every
 * failed operation is a SealiftError that names the target.
 */
export class PartFile {
  readonly #writer: DiskWriter;

  private constructor(
    private readonly folder: TargetFolder,
    private readonly file: string,
    private readonly part: string,
    private readonly handle: FileHandle,
    /** Bytes that were there when it was opened: nothing is known of them. */
    readonly foundBytes: number,
    /** Those of them that take room on the disk: where several connections wrote there are holes between. */
    readonly foundOnDisk = foundBytes,
  ) {
    this.#writer = new DiskWriter(handle, this.shown);
  }

  /** @param version see {@link partName} */
  static async create(folder: TargetFolder, file: string, version: string | null): Promise<PartFile> {
    const part = partName(file, version);
    try {
      // Exclusive: fails on whatever is there, a dangling link included.
      const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
      return new PartFile(folder, file, part, await open(folder.path(part), flags, PART_MODE), 0);
    } catch (error) {
      throw localError(error, folder.shown(file));
    }
  }

  /**
   * Takes over the part file `found` of a process that is certainly gone, under a name of this process: of several who
   * try, one succeeds. Null if there is nothing to be had of it.
   */
  static async claim(
    folder: TargetFolder,
    file: string,
    found: string,
    version: string | null,
  ): Promise<PartFile | null> {
    const part = partName(file, version);
    let handle: FileHandle | null = null;
    try {
      await rename(folder.path(found), folder.path(part));
      kept.delete(found);
      handle = await open(folder.path(part), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
      const stats = await handle.stat();
      // Rule: nobody else may write to it. It has a second name if its process was killed while it was published.
      const isOwn = stats.nlink === 1 && (process.getuid === undefined || stats.uid === process.getuid());
      if (stats.isFile() && isOwn) {
        return new PartFile(folder, file, part, handle, stats.size, onDisk(stats));
      }
    } catch {
      // Somebody else was quicker, or it is no file that can be used.
    }
    await handle?.close().catch(() => {});
    await remove(folder, part);
    return null;
  }

  /**
   * A part file with the bytes of another file in the folder, which may still be written to by somebody; where the
   * file system can, without copying them.
   */
  static async copyOf(
    folder: TargetFolder,
    file: string,
    from: string,
    version: string | null,
  ): Promise<PartFile> {
    const part = partName(file, version);
    let handle: FileHandle | null = null;
    try {
      const source = await open(folder.path(from), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const stats = await source.stat();
        if (!stats.isFile()) throw new SealiftError('EXISTS', `${folder.shown(from)}: not a regular file`);
        await folder.ensureFree(stats.size, file);
        // The descriptor, not the name, which may be another file's by now.
        const path = HAS_FD_PATHS ? `/proc/self/fd/${source.fd}` : folder.path(from);
        await copyFile(path, folder.path(part), COPYFILE_EXCL | COPYFILE_FICLONE);
      } finally {
        await source.close();
      }
      // The copy has the permissions of its source, which may be one that its owner may not write to.
      await chmod(folder.path(part), PART_MODE);
      handle = await open(folder.path(part), O_RDWR | O_NOFOLLOW | O_NONBLOCK);
      const stats = await handle.stat();
      return new PartFile(folder, file, part, handle, stats.size, onDisk(stats));
    } catch (error) {
      await handle?.close().catch(() => {});
      await remove(folder, part);
      throw localError(error, folder.shown(file));
    }
  }

  /** Writes all of `bytes` at `position`. */
  async write(bytes: Buffer, position: number): Promise<void> {
    try {
      await this.#writer.write(bytes, position);
    } catch (error) {
      throw localError(error, this.shown);
    }
  }

  /** Fills `buffer` from `position` as far as the file reaches; returns the part of it that was filled. */
  async read(buffer: Buffer, position: number): Promise<Buffer> {
    try {
      let filled = 0;
      while (filled < buffer.length) {
        const rest = buffer.length - filled;
        const { bytesRead } = await this.handle.read(buffer, filled, rest, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } catch (error) {
      throw localError(error, this.shown);
    }
  }

  /** Cuts off, or fills with zeros, what is there beyond `size`. */
  async truncate(size: number): Promise<void> {
    try {
      await this.handle.truncate(size);
    } catch (error) {
      throw localError(error, this.shown);
    }
  }

  /** Gives the verified bytes their final name. The part file is gone afterwards, whatever happens. */
  async publish({ force, fsync, mtime, mode = FILE_MODE & ~process.umask() }: PublishOptions): Promise<void> {
    try {
      await this.handle.chmod(mode);
      await setMtime(this.handle, mtime);
      // Rule: a failed fsync is never tried again; the kernel may have dropped the bytes and forgotten the error.
      if (fsync) await this.handle.sync();
      await this.handle.close();
      if (force) await this.#replace();
      else await this.#link();
    } catch (error) {
      await this.discard();
      throw localError(error, this.shown);
    }
    if (fsync) await this.folder.sync(this.file);
  }

  /** Leaves it where it is, for a later fetch to go on from. Never fails: another error is on its way. */
  async keep(): Promise<void> {
    await this.handle.close().catch(() => {});
    kept.add(this.part);
  }

  /** Removes it. Never fails: another error is on its way. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await remove(this.folder, this.part);
  }

  get shown(): string {
    return this.folder.shown(this.file);
  }

  async #replace(): Promise<void> {
    const target = this.folder.path(this.file);
    const existing = await lstat(target).catch(() => null);
    if (existing && !existing.isFile() && !existing.isSymbolicLink()) {
      throw new SealiftError('EXISTS', `${this.shown}: not a regular file; it is not replaced`);
    }
    // A link at the target is replaced, not followed.
    await rename(this.folder.path(this.part), target);
  }

  async #link(): Promise<void> {
    const [part, target] = [this.folder.path(this.part), this.folder.path(this.file)];
    try {
      await link(part, target);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') throw existsError(this.shown, error);
      if (!cannotLink(error)) throw error;
      if (await lstat(target).catch(() => null)) throw existsError(this.shown, error);
      return await rename(part, target);
    }
    await unlink(part);
  }
}

export function existsError(path: string, cause?: unknown): SealiftError {
  return new SealiftError('EXISTS', `${path}: already exists and differs; replace it with --force`, {
    cause,
  });
}

async function setMtime(handle: FileHandle, mtime: number): Promise<void> {
  const time = diskTime(mtime);
  try {
    await handle.utimes(time, time);
  } catch (error) {
    // A time that this file system cannot hold is no reason to lose the file.
    if (!cannotHoldTime(error)) throw error;
  }
}

/** A time in milliseconds since the Unix epoch, for Node's functions that set the times of a file. */
export function diskTime(mtime: number): number | Date {
  // The kernel takes seconds as a double, cut to microseconds: half of one keeps a millisecond from becoming the one before.
  // Before 1970 it has to be a Date: Node takes a negative number for "now".
  return mtime < 0 ? new Date(mtime) : mtime / 1_000 + 5e-7;
}

export function cannotHoldTime(error: unknown): boolean {
  return NO_SUCH_TIME.has(systemCode(error) ?? '');
}

/** The file system is one without hard links. */
export function cannotLink(error: unknown): boolean {
  return NO_LINKS.has(systemCode(error) ?? '');
}
