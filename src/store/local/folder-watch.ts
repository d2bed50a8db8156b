import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/** One inotify watch a folder; beyond this many the catalogue is walked anew instead. */
const FOLDERS_MAX = 16_384;

/**
 * Watches folders of the storage for names that come, go or change. Not recursive by Node's own option, which
 * on Linux watches each file.
 */
export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  #complete = true;

  /** @param onChange is told the name that changed, or for a null name that something in the folder did */
  constructor(
    private readonly root: string,
    private readonly onChange: (folder: string, name: string | null) => void,
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
      watcher.on('change', (_type, file) => {
        const segment = typeof file === 'string' ? file : null;
        this.onChange(folder, segment === null ? null : folder === '' ? segment : `${folder}/${segment}`);
      });
      watcher.on('error', () => this.remove(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // Out of inotify watches, or the folder is gone again.
      this.#complete = false;
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
