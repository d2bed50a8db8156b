import { closeSync, constants, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { HAS_FD_PATHS } from './fd-paths.js';

const { O_DIRECTORY = 0, O_RDONLY } = constants;

/** Where the process was when its working folder was lent, while it is. */
let home: { fd: number; path: string } | null = null;

/** What can be the working folder: held open, so that nothing that is renamed or replaced meanwhile leads elsewhere. */
export interface EnterableFolder {
  readonly fd: number;
}

/**
 * The working folder of the process, lent to one who puts many files in one folder after the other. A path that begins in it is
 * looked up in half the time that one through a descriptor takes. The event loop's next turn finds it where it was; but for the
 * threads that Node has for files it is one and the same, so that theirs are an {@link absolutePath} meanwhile.
 */
export class WorkingFolder {
  #inside: EnterableFolder | null = null;
  #isReturning = false;

  private constructor() {}

  /** Null if it cannot be had: it is lent already, there would be no way back, or this is no thread that may. */
  static lend(): WorkingFolder | null {
    if (home !== null || !HAS_FD_PATHS) return null;
    let fd = -1;
    try {
      const path = process.cwd();
      fd = openSync('.', O_RDONLY | O_DIRECTORY);
      process.chdir(pathOfFd(fd));
      home = { fd, path };
      return new WorkingFolder();
    } catch {
      if (fd >= 0) close(fd);
      return null;
    }
  }

  /** Until the event loop's next turn, or until another one is entered. False if that is not to be. */
  enter(folder: EnterableFolder): boolean {
    if (this.#inside === folder) return true;
    try {
      process.chdir(pathOfFd(folder.fd));
    } catch {
      return false;
    }
    this.#inside = folder;
    if (!this.#isReturning) {
      this.#isReturning = true;
      setImmediate(() => this.#return());
    }
    return true;
  }

  giveBack(): void {
    this.#return();
    if (home) close(home.fd);
    home = null;
  }

  #return(): void {
    this.#isReturning = false;
    if (this.#inside === null || home === null) return;
    this.#inside = null;
    try {
      process.chdir(pathOfFd(home.fd));
    } catch {
      // Somebody took the right to be there away: absolute paths lead where they did.
    }
  }
}

/** The absolute path, wherever the working folder is just now. */
export function absolutePath(path: string): string {
  return home === null ? resolve(path) : resolve(home.path, path);
}

/** Never fails: nothing was written through it. */
function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {}
}

function pathOfFd(fd: number): string {
  return `/proc/self/fd/${fd}`;
}
