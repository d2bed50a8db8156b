import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { localError, SealiftError, systemCode } from '../errors/index.js';
import { partName } from './part-name.js';
import type { TargetFolder } from './target-folder.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_RDWR } = constants;
const FILE_MODE = 0o666;
/** File systems without hard links say so in one of these ways. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK']);

/** How a part file becomes the file. */
export interface PublishOptions {
  /** Replace a file that is there. */
  force: boolean;
  /** Make it survive a power cut before success is reported. */
  fsync: boolean;
  /** Milliseconds since the Unix epoch. */
  mtime: number;
}

/**
 * A download that is not finished: a hidden file beside its target, of no other name until it is verified. Every
 * failed operation is a SealiftError that names the target.
 */
export class PartFile {
  #position = 0;

  private constructor(
    private readonly folder: TargetFolder,
    private readonly file: string,
    private readonly part: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(folder: TargetFolder, file: string): Promise<PartFile> {
    const part = partName(file);
    try {
      // Exclusive: fails on whatever is there, a dangling link included. Private until it is published.
      const handle = await open(folder.path(part), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      return new PartFile(folder, file, part, handle);
    } catch (error) {
      throw localError(error, folder.shown(file));
    }
  }

  /** Appends all of `bytes`; a write may take less than it is given. */
  async write(bytes: Buffer): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at, this.#position);
        if (bytesWritten === 0)
          throw new SealiftError('LOCAL_IO', `${this.shown}: the disk takes no more bytes`);
        at += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (error) {
      throw localError(error, this.shown);
    }
  }

  /** Gives the verified bytes their final name. The part file is gone afterwards, whatever happens. */
  async publish({ force, fsync, mtime }: PublishOptions): Promise<void> {
    try {
      await this.handle.chmod(FILE_MODE & ~process.umask());
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

  /** Removes the part file. Never fails: it is used while another error is on its way. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await unlink(this.folder.path(this.part)).catch(() => {});
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
      if (!NO_LINKS.has(systemCode(error) ?? '')) throw error;
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
  // The kernel takes seconds as a double, cut to microseconds: half of one keeps a millisecond from becoming the one before.
  // Before 1970 it has to be a Date: Node takes a negative number for "now".
  const time = mtime < 0 ? new Date(mtime) : mtime / 1_000 + 5e-7;
  try {
    await handle.utimes(time, time);
  } catch (error) {
    // A time that this file system cannot hold is no reason to lose the file.
    if (systemCode(error) !== 'EINVAL' && systemCode(error) !== 'EOVERFLOW') throw error;
  }
}
