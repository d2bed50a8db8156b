import {
  closeSync,
  constants,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { SealiftError, systemCode } from '../../errors/index.js';
import { noMoreBytes } from '../disk-writer.js';
import { cannotHoldTime, cannotLink, diskTime, existsError, FILE_MODE } from '../part-file.js';
import { partName, versionOf } from '../part-name.js';
import type { OpenFolder } from './open-folder.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY } = constants;

/** A small file that is verified, and in memory. */
export interface VerifiedFile {
  body: Buffer;
  md5: string;
  /** Milliseconds since the Unix epoch. */
  mtime: number;
}

/** The part file of a small file: written at once when all of it is verified, and published or removed soon after. */
export class SmallPart {
  #isOpen = true;

  private constructor(
    private readonly folder: OpenFolder,
    private readonly file: string,
    private readonly part: string,
    readonly fd: number,
  ) {}

  static write(folder: OpenFolder, file: string, { body, md5, mtime }: VerifiedFile): SmallPart {
    const name = partName(file, versionOf(md5));
    // Exclusive: fails on whatever is there, a dangling link included.
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const part = new SmallPart(folder, file, name, openSync(folder.pathNow(name), flags, FILE_MODE));
    try {
      writeAll(part.fd, body, folder.shown(file));
      setMtime(part.fd, mtime);
      return part;
    } catch (error) {
      part.discard();
      throw error;
    }
  }

  /** Gives the verified bytes their final name. The part file is gone afterwards, whatever happens. */
  publish(force: boolean): void {
    try {
      this.#close();
      if (force) this.#replace();
      else this.#link();
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Never fails: another error is on its way, and what cannot be removed now, the next fetch removes. */
  discard(): void {
    try {
      this.#close();
    } catch {}
    try {
      unlinkSync(this.folder.pathNow(this.part));
    } catch {}
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }

  #replace(): void {
    const target = this.folder.pathNow(this.file);
    const existing = lstatSync(target, { throwIfNoEntry: false });
    if (existing && !existing.isFile() && !existing.isSymbolicLink()) {
      const shown = this.folder.shown(this.file);
      throw new SealiftError('EXISTS', `${shown}: not a regular file; it is not replaced`);
    }
    // A link at the target is replaced, not followed.
    renameSync(this.folder.pathNow(this.part), target);
  }

  /** Rule: a file that is there is not replaced, whoever put it there just now. */
  #link(): void {
    const [part, target] = [this.folder.pathNow(this.part), this.folder.pathNow(this.file)];
    try {
      linkSync(part, target);
    } catch (error) {
      const isThere = () => lstatSync(target, { throwIfNoEntry: false }) !== undefined;
      if (systemCode(error) !== 'EEXIST') {
        if (!cannotLink(error)) throw error;
        if (!isThere()) return renameSync(part, target);
      }
      throw existsError(this.folder.shown(this.file), error);
    }
    unlinkSync(part);
  }
}

/** One write may take less than it is given. */
function writeAll(fd: number, bytes: Buffer, shown: string): void {
  for (let at = 0; at < bytes.length; ) {
    const count = writeSync(fd, bytes, at, bytes.length - at, at);
    if (count === 0) throw noMoreBytes(shown);
    at += count;
  }
}

function setMtime(fd: number, mtime: number): void {
  const time = diskTime(mtime);
  try {
    futimesSync(fd, time, time);
  } catch (error) {
    // A time that this file system cannot hold is no reason to lose the file.
    if (!cannotHoldTime(error)) throw error;
  }
}
