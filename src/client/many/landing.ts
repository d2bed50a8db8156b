import { fsync } from 'node:fs';
import { localError, SealiftError } from '../../errors/index.js';
import type { OpenFolder } from './open-folder.js';
import { SmallPart, type VerifiedFile } from './small-part.js';

/** Files that wait for their fsync at a time: as many as a disk and the threads that wait for it can use. */
const SYNCING_MAX = 64;
/** Names in a folder that wait for its fsync; it is not asked for more often than needed while others are about to come. */
const UNSYNCED_MAX = 128;

/** What is to be told of a file whose bytes are handed over; one of them is called, once. */
export interface LandingEvents {
  /** It is there, and stays there. */
  landed: (path: string) => void;
  /** Nothing is there of it. */
  failed: (error: unknown) => void;
}

/** Names that were given and not synced, in one folder. */
interface Unsynced {
  syncing: number;
  names: (LandingEvents & { file: string })[];
}

/**
 * Puts verified small files in their places: part file → fsync → final name → fsync of the folder → told. Many are between
 * these steps at a time, and one fsync of a folder is for all names that were given in it before.
 */
export class Landing {
  readonly #unsynced = new Map<OpenFolder, Unsynced>();
  #syncing = 0;
  #pending = 0;
  #onSettled: (() => void)[] = [];
  #isGivenUp = false;

  constructor(private readonly options: { force: boolean; fsync: boolean }) {}

  /** What is not published yet will not be. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** No more files should be handed over: await {@link settled}. */
  get isFull(): boolean {
    return this.#syncing >= SYNCING_MAX;
  }

  /**
   * @param isAll wait until nothing is under way; else until there is room for more
   */
  async settled(isAll = false): Promise<void> {
    while (isAll ? this.#pending > 0 : this.isFull)
      await new Promise<void>((resolve) => this.#onSettled.push(resolve));
  }

  /**
   * Writes a file's bytes. Before this returns it is published, if it need not survive a power cut.
   * @throws what the operating system says, and nothing is left behind then
   */
  put(folder: OpenFolder, file: string, verified: VerifiedFile, events: LandingEvents): void {
    const part = SmallPart.write(folder, file, verified);
    if (!this.options.fsync) {
      part.publish(this.options.force);
      return events.landed(folder.shown(file));
    }
    this.#begin(folder);
    fsync(part.fd, (error) => {
      this.#end(folder, file, part, error, events);
    });
  }

  /** Tells once the name survives a power cut that is in the folder already. */
  putName(folder: OpenFolder, file: string, events: LandingEvents): void {
    if (!this.options.fsync) return events.landed(folder.shown(file));
    const unsynced = this.#unsyncedIn(folder);
    this.#pending++;
    folder.keepOpen();
    unsynced.names.push({ file, ...events });
    if (unsynced.names.length >= UNSYNCED_MAX) this.#syncNames(folder, unsynced);
  }

  /** Syncs what waits for more to come. */
  flush(): void {
    for (const [folder, unsynced] of this.#unsynced) {
      if (unsynced.syncing === 0) this.#syncNames(folder, unsynced);
    }
  }

  #begin(folder: OpenFolder): void {
    folder.keepOpen();
    this.#pending++;
    this.#syncing++;
    this.#unsyncedIn(folder).syncing++;
  }

  #end(folder: OpenFolder, file: string, part: SmallPart, error: unknown, events: LandingEvents): void {
    const unsynced = this.#unsyncedIn(folder);
    this.#syncing--;
    unsynced.syncing--;
    try {
      if (this.#isGivenUp) throw new SealiftError('ABORTED', 'interrupted');
      // Rule: a failed fsync is never tried again; the kernel may have dropped the bytes and forgotten the error.
      if (error) throw error;
      part.publish(this.options.force);
      unsynced.names.push({ file, ...events });
    } catch (cause) {
      part.discard();
      this.#settle(folder, () => events.failed(localError(cause, folder.shown(file))));
    }
    if (unsynced.syncing === 0 || unsynced.names.length >= UNSYNCED_MAX) this.#syncNames(folder, unsynced);
    this.#wake();
  }

  #syncNames(folder: OpenFolder, unsynced: Unsynced): void {
    const { names } = unsynced;
    unsynced.names = [];
    if (unsynced.syncing === 0) this.#unsynced.delete(folder);
    if (names.length === 0) return;
    // Its own name too: a file in a folder that is not there is not there.
    Promise.all([folder.safe, folder.sync()]).then(
      () => {
        for (const { file, landed } of names) this.#settle(folder, () => landed(folder.shown(file)));
      },
      (error) => {
        for (const { file, failed } of names) {
          this.#settle(folder, () => failed(localError(error, folder.shown(file))));
        }
      },
    );
  }

  #settle(folder: OpenFolder, tell: () => void): void {
    folder.letGo();
    this.#pending--;
    tell();
    this.#wake();
  }

  #unsyncedIn(folder: OpenFolder): Unsynced {
    let unsynced = this.#unsynced.get(folder);
    if (!unsynced) this.#unsynced.set(folder, (unsynced = { syncing: 0, names: [] }));
    return unsynced;
  }

  #wake(): void {
    if (this.#onSettled.length === 0 || (this.isFull && this.#pending > 0)) return;
    for (const wake of this.#onSettled.splice(0)) wake();
  }
}
