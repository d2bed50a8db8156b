import { closeSync, constants, openSync, readlinkSync } from 'node:fs';

const FOLDER_FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);

/**
 * The folder of the name that was asked about last, held open: names that follow each other are mostly in one folder, and
 * whoever swaps a folder for a link that leads outside meanwhile does not change where this one is. Linux only.
 */
export class OpenedFolder {
  #name: string | null = null;
  #fd = -1;
  #path: string | null = null;

  /** @param root real path of the storage */
  constructor(private readonly root: string) {}

  /** A path that leads to the file in the very folder of that name, or null if that is not a folder inside, or one behind a link. */
  pathOf(name: string): string | null {
    const at = name.lastIndexOf('/');
    const folder = at < 0 ? '' : name.slice(0, at);
    if (folder !== this.#name) this.#open(folder);
    return this.#path === null ? null : `${this.#path}/${name.slice(at + 1)}`;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#name = this.#path = null;
  }

  #open(folder: string): void {
    this.close();
    this.#name = folder;
    const path = folder === '' ? this.root : `${this.root}/${folder}`;
    try {
      this.#fd = openSync(path, FOLDER_FLAGS);
      const fixed = `/proc/self/fd/${this.#fd}`;
      // Asked of what is open: the path may lead elsewhere by now.
      if (readlinkSync(fixed) === path) this.#path = fixed;
    } catch {
      // Gone, or not to be read: whoever looks at it on its own finds out.
    }
  }
}
