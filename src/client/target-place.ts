import type { Place } from './download-options.js';
import type { ClaimedPart, PartFiles } from './part-files.js';
import type { Target } from './target.js';
import { TargetFolder } from './target-folder.js';

/** The folder of a target, opened when it is needed, and what earlier fetches of the target left in it. */
export class TargetPlace implements Place {
  #folder: TargetFolder | null = null;

  constructor(
    private readonly target: Target,
    private readonly parts: PartFiles,
    /** What is made survives a power cut. */
    private readonly fsync: boolean,
  ) {}

  get file(): string {
    return this.target.file;
  }

  async folder(): Promise<TargetFolder> {
    this.#folder ??= await TargetFolder.open(this.target.base, this.target.segments, true, this.fsync);
    return this.#folder;
  }

  async claim(): Promise<ClaimedPart | null> {
    this.#folder ??= await TargetFolder.open(this.target.base, this.target.segments, false);
    return this.#folder && this.parts.claim(this.#folder, this.file);
  }

  onKept(): void {
    if (this.#folder) this.parts.forget(this.#folder);
  }

  async close(): Promise<void> {
    await this.#folder?.close();
  }
}
