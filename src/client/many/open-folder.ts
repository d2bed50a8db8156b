import { closeSync, fsync, statfsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SealiftError } from '../../errors/index.js';
import { HAS_FD_PATHS } from '../fd-paths.js';
import { cannotSync, type FolderPaths } from '../target-folder.js';
import type { WorkingFolder } from '../working-folder.js';
import { GroupSync } from './group-sync.js';

/** What the disk has free is asked again after this long. Milliseconds. */
const FREE_MS = 100;

/** A folder that many files are put in, held open, and used with calls that do not wait for a thread. */
export class OpenFolder implements FolderPaths {
  readonly #prefix: string;
  readonly #shownPrefix: string;
  readonly #names = new GroupSync(() => this.#sync());
  #free = 0;
  #freeAt = Number.NEGATIVE_INFINITY;
  #users = 0;

  /** Its own name and those of the folders above survive a power cut once this resolves; null where they do already. */
  safe: Promise<void> | null = null;

  constructor(
    readonly fd: number,
    /** For people. */
    readonly shownPath: string,
    /** It was made by this run: only what this run put there is in it, or what somebody else does meanwhile. */
    readonly isNew: boolean,
    private readonly working: WorkingFolder | null,
  ) {
    this.#prefix = HAS_FD_PATHS ? `/proc/self/fd/${fd}/` : join(shownPath, sep);
    this.#shownPrefix = join(shownPath, 'x').slice(0, -1);
  }

  path(file: string): string {
    return this.#prefix + file;
  }

  /** The same for calls that are made right away, one file after the other. */
  pathNow(file: string): string {
    return this.working?.enter(this) ? file : this.#prefix + file;
  }

  shown(file: string): string {
    return this.#shownPrefix + file;
  }

  /** False if the disk has fewer than `bytes` bytes free, or may have: it is asked for many files at once. */
  hasRoomFor(bytes: number): boolean {
    const now = performance.now();
    if (now - this.#freeAt > FREE_MS || bytes > this.#free) {
      const { blocks, bavail, bsize } = statfsSync(this.pathNow('.'));
      // Some network and user-space file systems say nothing about themselves.
      this.#free = blocks > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
      this.#freeAt = now;
    }
    if (bytes > this.#free) return false;
    this.#free -= bytes;
    return true;
  }

  noRoomFor(file: string): SealiftError {
    return new SealiftError('NO_SPACE', `${this.shown(file)}: the disk has no room for it`);
  }

  /** Makes names that were added until now survive a power cut. */
  sync(): Promise<void> {
    return this.hold(this.#names.sync());
  }

  get isUsed(): boolean {
    return this.#users > 0;
  }

  /** Held open until `work` is settled. */
  hold<R>(work: Promise<R>): Promise<R> {
    this.keepOpen();
    return work.finally(() => this.letGo());
  }

  /** It is not closed until {@link letGo} was called as often. */
  keepOpen(): void {
    this.#users++;
  }

  letGo(): void {
    this.#users--;
  }

  /** Never fails: the folder was only read through this descriptor, so nothing can be lost with it. */
  close(): void {
    try {
      closeSync(this.fd);
    } catch {}
  }

  async #sync(): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        fsync(this.fd, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      if (!cannotSync(error)) throw error;
    }
  }
}
