import { constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SealiftError, systemCode } from '../../errors/index.js';
import { TargetFolder } from '../target-folder.js';
import { absolutePath, type WorkingFolder } from '../working-folder.js';
import { OpenFolder } from './open-folder.js';

const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_RDONLY } = constants;
/** Folders held open; more are while something is under way in them. */
const OPEN_MAX = 64;
/** Names of folders that are known not to be there. */
const MISSING_MAX = 1_024;

/**
 * The folders that files of one run are put in. Each is opened once, from the one above: links below the base are refused, and
 * nothing that is renamed or replaced meanwhile leads elsewhere. Names are as the server has them, the base is `''`.
 */
export class OpenFolders {
  /** Least recently used first. */
  readonly #open = new Map<string, OpenFolder>();
  #latest = '';
  readonly #missing = new Set<string>();

  constructor(
    private readonly base: string,
    /** What is made survives a power cut. */
    private readonly fsync: boolean,
    private readonly working: WorkingFolder | null = null,
  ) {}

  /** Null if it is not there. */
  find(name: string): OpenFolder | null {
    const open = this.#open.get(name);
    if (open) {
      if (name !== this.#latest) {
        this.#latest = name;
        this.#open.delete(name);
        this.#open.set(name, open);
      }
      return open;
    }
    if (this.#missing.has(name)) return null;
    try {
      if (name === '')
        return this.#add('', openSync(absolutePath(this.base), O_RDONLY | O_DIRECTORY), this.base, false);
      const [above, segment] = split(name);
      const parent = this.find(above);
      return parent && this.#openBelow(parent, name, segment, false);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      if (this.#missing.size === MISSING_MAX) this.#missing.clear();
      this.#missing.add(name);
      return null;
    }
  }

  /** Makes it, and those above it, where it is missing. The base must have been {@link makeBase made}. */
  make(name: string): OpenFolder {
    const found = this.find(name);
    if (found) return found;
    if (name === '') throw new SealiftError('LOCAL_IO', `${this.base}: no such folder any more`);
    const [above, segment] = split(name);
    const parent = this.make(above);
    const isNew = makeFolder(parent.pathNow(segment));
    this.#missing.delete(name);
    const folder = this.#openBelow(parent, name, segment, isNew);
    folder.safe = parent.safe;
    if (isNew && this.fsync) this.#makeSafe(folder, parent);
    return folder;
  }

  async makeBase(): Promise<void> {
    if (this.find('')) return;
    const folder = await TargetFolder.open(this.base, [], true, this.fsync);
    await folder.close();
    this.#missing.delete('');
  }

  /** Resolves when the names of all folders on the way to the file `name` survive a power cut. */
  async safe(name: string): Promise<void> {
    for (let [above] = split(name); above !== ''; [above] = split(above)) {
      const folder = this.#open.get(above);
      if (folder) return (await folder.safe) ?? undefined;
    }
  }

  close(): void {
    for (const folder of this.#open.values()) folder.close();
    this.#open.clear();
  }

  #openBelow(parent: OpenFolder, name: string, segment: string, isNew: boolean): OpenFolder {
    const fd = openSync(parent.pathNow(segment), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return this.#add(name, fd, join(parent.shownPath, segment), isNew);
  }

  #add(name: string, fd: number, shownPath: string, isNew: boolean): OpenFolder {
    const folder = new OpenFolder(fd, shownPath, isNew, this.working);
    this.#latest = name;
    this.#open.set(name, folder);
    if (this.#open.size > OPEN_MAX) this.#closeSome(folder);
    return folder;
  }

  #closeSome(justOpened: OpenFolder): void {
    for (const [name, folder] of this.#open) {
      if (this.#open.size <= OPEN_MAX) return;
      if (folder.isUsed || folder === justOpened) continue;
      this.#open.delete(name);
      folder.close();
    }
  }

  /** At once: another fetch may use the folder from now on, and report success. One that fails stays unsafe. */
  #makeSafe(folder: OpenFolder, parent: OpenFolder): void {
    const safe = Promise.all([parent.safe, parent.sync()]).then(() => {
      folder.safe = null;
    });
    folder.safe = folder.hold(safe);
    folder.safe.catch(() => folder.keepOpen());
  }
}

function split(name: string): [above: string, segment: string] {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? ['', name] : [name.slice(0, slash), name.slice(slash + 1)];
}

/** False if it is there already. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}
