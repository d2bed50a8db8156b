import { type FSWatcher, watch } from 'node:fs';
import { basename, join } from 'node:path';

/** One inotify watch a folder; beyond this many the catalogue is walked anew instead. */
const FOLDERS_MAX = 16_384;
const NOTHING_TO_SEE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM']);

/**
 * Watches folders of the storage for names that come, go or change. Not recursive by Node's own option, which
 * on Linux watches each file.
 */
export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  #complete = true;

  /**
   * @param onChange is told the name that changed, or for a null name that something in the folder did; `isNew` if
   * the name came or went, so that what it stood for may be another file or folder now
   */
  constructor(
    private readonly root: string,
    private readonly onChange: (folder: string, name: string | null, isNew: boolean) => void,
  ) {}

  /** False once a folder could not be watched: changes may go unseen. */
  get complete(): boolean {
    return this.#complete;
  }

  /** @param folder name of the folder, empty for the storage itself */
  add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    if (this.#watchers.size >= FOLDERS_MAX) {
      this.#complete = false;
      return;
    }
    try {
      const watcher = watch(join(this.root, folder), { persistent: false, encoding: 'utf8' });
      watcher.on('change', (type, file) => {
        const segment = typeof file === 'string' ? file : null;
        const name = segment === null ? null : folder === '' ? segment : `${folder}/${segment}`;
        this.onChange(folder, name, type === 'rename');
        // Linux tells the end of a watched folder as if a name in it, the same as its own, had gone.
        if (type === 'rename' && segment === basename(folder)) this.onChange(folder, folder, true);
      });
      watcher.on('error', () => this.remove(folder));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      // A folder that is gone again, or cannot be read, has nothing to miss; being out of inotify watches is another matter.
      if (!NOTHING_TO_SEE.has((error as NodeJS.ErrnoException).code ?? '')) this.#complete = false;
    }
  }

  has(folder: string): boolean {
    return this.#watchers.has(folder);
  }

  /** Forgets the folder and all below it. */
  remove(folder: string): void {
    for (const [name, watcher] of this.#watchers) {
      if (name === folder || name.startsWith(`${folder}/`)) {
        watcher.close();
        this.#watchers.delete(name);
      }
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
