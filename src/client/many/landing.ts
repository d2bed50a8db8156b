import { fsync } from 'node:fs';
import { localError, SealiftError } from '../../errors/index.js';
import type { OpenFolder } from './open-folder.js';
import { SmallPart, type VerifiedFile } from './small-part.js';

/**
 * Part files that are written before they are fsynced all at once. To write one while others are fsynced takes twice the time, for both
 * want the file system's journal.
 */
const BATCH = 256;
/** A batch that does not fill up waits no longer. Milliseconds. */
const BATCH_MS = 20;

/** What is to be told of a file whose bytes are handed over; one of them is called, once. */
export interface LandingEvents {
  /** It is there, and stays there. */
  landed: (path: string) => void;
  /** It cannot be said that it is there. */
  failed: (error: unknown) => void;
}

/** A part file that waits for its fsync, or a name that waits for that of its folder. */
interface Waiting extends LandingEvents {
  folder: OpenFolder;
  file: string;
}

/**
 * Puts verified small files in their places: part file → fsync → final name → fsync of the folder → told. Many take each step
 * together, and one fsync of a folder is for all names that were given in it before.
 */
export class Landing {
  #batch: (Waiting & { part: SmallPart })[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** Batches that are fsynced. */
  #syncing = 0;
  /** Files of which nothing was told yet. */
  #untold = 0;
  #onSettled: (() => void)[] = [];
  #isGivenUp = false;

  constructor(private readonly options: { force: boolean; fsync: boolean }) {}

  /** What is not published yet will not be. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Nothing should be handed over before {@link hasRoom}. */
  get isFull(): boolean {
    return this.#syncing > 0;
  }

  async hasRoom(): Promise<void> {
    while (this.isFull) await this.#change();
  }

  /** Resolves when all that was handed over is told of. */
  async settled(): Promise<void> {
    this.#syncBatch();
    while (this.#untold > 0) await this.#change();
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
    this.#expect(folder);
    this.#batch.push({ folder, file, part, ...events });
    if (this.#batch.length >= BATCH) this.#syncBatch();
    else this.#timer ??= setTimeout(() => this.#syncBatch(), BATCH_MS);
  }

  /** Tells of a file that is there already, once its name survives a power cut. */
  putName(folder: OpenFolder, file: string, events: LandingEvents): void {
    if (!this.options.fsync) return events.landed(folder.shown(file));
    this.#expect(folder);
    this.#syncNames(folder, [{ folder, file, ...events }]);
  }

  async #syncBatch(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#syncing++;
    const errors = await Promise.all(batch.map(({ part }) => syncFile(part.fd)));
    const named = new Map<OpenFolder, Waiting[]>();
    for (const [at, waiting] of batch.entries()) {
      if (!this.#publish(waiting, errors[at])) continue;
      const { folder } = waiting;
      const names = named.get(folder);
      if (names) names.push(waiting);
      else named.set(folder, [waiting]);
    }
    for (const [folder, names] of named) this.#syncNames(folder, names);
    this.#syncing--;
    this.#wake();
  }

  /** False if it failed, which is told then. */
  #publish({ folder, file, part, failed }: Waiting & { part: SmallPart }, error: unknown): boolean {
    try {
      if (this.#isGivenUp) throw new SealiftError('ABORTED', 'interrupted');
      // Rule: a failed fsync is never tried again; the kernel may have dropped the bytes and forgotten the error.
      if (error) throw error;
      part.publish(this.options.force);
      return true;
    } catch (cause) {
      part.discard();
      this.#tell(folder, () => failed(localError(cause, folder.shown(file))));
      return false;
    }
  }

  #syncNames(folder: OpenFolder, names: Waiting[]): void {
    // Its own name too: what is in a folder that is not there is not there.
    Promise.all([folder.safe, folder.sync()]).then(
      () => {
        for (const { file, landed } of names) this.#tell(folder, () => landed(folder.shown(file)));
      },
      (error) => {
        for (const { file, failed } of names) {
          this.#tell(folder, () => failed(localError(error, folder.shown(file))));
        }
      },
    );
  }

  #expect(folder: OpenFolder): void {
    folder.keepOpen();
    this.#untold++;
  }

  #tell(folder: OpenFolder, tell: () => void): void {
    folder.letGo();
    this.#untold--;
    tell();
    if (this.#untold === 0) this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onSettled.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#onSettled.splice(0)) wake();
  }
}

/** Resolves with the error, or null. */
function syncFile(fd: number): Promise<unknown> {
  return new Promise((resolve) => fsync(fd, resolve));
}
