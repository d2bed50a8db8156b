import type { PartFiles } from '../part-files.js';
import { requireLocalName } from '../target.js';
import { WorkingFolder } from '../working-folder.js';
import { Landing, type LandingEvents } from './landing.js';
import { type LocalMatch, matchLocal } from './local-match.js';
import type { OpenFolder } from './open-folder.js';
import { OpenFolders } from './open-folders.js';
import type { VerifiedFile } from './small-part.js';
import type { SmallFile, WantedFile } from './wanted-file.js';

export interface SmallTargetsOptions {
  dir: string;
  force: boolean;
  fsync: boolean;
  ownsProcess: boolean;
}

/** Where small files go: what is there, and putting them there. */
export class SmallTargets {
  readonly #working: WorkingFolder | null;
  readonly #folders: OpenFolders;
  readonly #landing: Landing;
  /** Folders in which earlier fetches left part files, or did not. */
  readonly #isTidy = new WeakMap<OpenFolder, boolean>();

  constructor(
    private readonly parts: PartFiles,
    options: SmallTargetsOptions,
  ) {
    this.#working = options.ownsProcess ? WorkingFolder.lend() : null;
    this.#folders = new OpenFolders(options.dir, options.fsync, this.#working);
    this.#landing = new Landing(options);
  }

  /**
   * What stands where the file is to go.
   * @throws what the operating system says, or SealiftError
   */
  look({ name, folder, file, entry }: SmallFile<WantedFile>): LocalMatch {
    requireLocalName(name);
    const found = this.#folders.find(folder);
    return found === null ? 'none' : matchLocal(found, file, entry);
  }

  /** The file was there already: its name survives a power cut when that is told. */
  async keep({ folder, file }: SmallFile<WantedFile>, events: LandingEvents): Promise<void> {
    const found = this.#folders.make(folder);
    // One that was killed while it published may have left the part file as well, and the name not synced.
    if (!this.#isKnownTidy(found)) await this.#tidy(found, file);
    this.#landing.putName(found, file, events);
  }

  /**
   * Takes over a file's bytes. To be awaited before the next one comes, if there is something to await.
   * @throws what the operating system says, or SealiftError; nothing is left behind then
   */
  land(
    small: SmallFile<WantedFile>,
    verified: VerifiedFile,
    events: LandingEvents,
  ): Promise<void> | undefined {
    const folder = this.#folders.find(small.folder);
    if (!folder || !this.#isKnownTidy(folder)) return this.#landSlowly(small, verified, events);
    this.#put(folder, small, verified, events);
    return this.#landing.isFull ? this.#landing.hasRoom() : undefined;
  }

  /** Nothing more is published. */
  giveUp(): void {
    this.#landing.giveUp();
  }

  /** Resolves when all that was handed over is told of. */
  settled(): Promise<void> {
    return this.#landing.settled();
  }

  /** Resolves when the names of all folders on the way to it survive a power cut. */
  safe(name: string): Promise<void> {
    return this.#folders.safe(name);
  }

  close(): void {
    this.#working?.giveBack();
    this.#folders.close();
  }

  async #landSlowly(
    small: SmallFile<WantedFile>,
    verified: VerifiedFile,
    events: LandingEvents,
  ): Promise<void> {
    await this.#folders.makeBase();
    const folder = this.#folders.make(small.folder);
    if (!this.#isKnownTidy(folder)) await this.#tidy(folder, small.file);
    this.#put(folder, small, verified, events);
    await this.#landing.hasRoom();
  }

  #put(folder: OpenFolder, { file }: { file: string }, verified: VerifiedFile, events: LandingEvents): void {
    // Rule: what the disk has no room for is refused before the first byte is written.
    if (!folder.hasRoomFor(verified.body.length)) throw folder.noRoomFor(file);
    this.#landing.put(folder, file, verified, events);
  }

  #isKnownTidy(folder: OpenFolder): boolean {
    return folder.isNew || this.#isTidy.get(folder) === true;
  }

  /** Removes what earlier fetches left of the file. */
  async #tidy(folder: OpenFolder, file: string): Promise<void> {
    const work = async () => {
      if (!this.#isTidy.has(folder)) this.#isTidy.set(folder, await this.parts.areNone(folder));
      if (!this.#isTidy.get(folder)) await this.parts.remove(folder, file);
    };
    await folder.hold(work());
  }
}
