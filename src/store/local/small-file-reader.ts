import type { Digests, FileFacts, RememberedFile, SmallFiles } from '../store.js';
import type { DigestKeeper } from './digest-keeper.js';
import { type FileIdentity, mtimeMs } from './file-identity.js';
import { FILES_MAX, putIdentity } from './file-job.js';
import type { FileTask, FileThread } from './file-thread.js';
import { mediaTypeOf } from './media-type.js';
import { isSettled } from './settled-stats.js';

/** A file up to this size is small, in bytes: half of what a batch has room for. */
const SMALL_MAX = 128 * 1024;

/**
 * Reads small files in batches. It vouches for what is just as the index remembers it, and for nothing else: whatever is not is
 * left to be opened one by one. So is everything while the thread waits for a disk: one that hangs holds up those who asked for its
 * files, as it would anywhere, and nobody else.
 */
export class SmallFileReader {
  constructor(
    private readonly accepts: (name: string) => boolean,
    private readonly keeper: DigestKeeper,
    private readonly thread: FileThread,
  ) {}

  /** Room for a batch, or null: not now. */
  batch(): SmallFiles | null {
    const task = this.thread.task();
    return task && new Batch(task, (name) => this.#remembered(name));
  }

  #remembered(name: string): Remembered | null {
    if (!this.accepts(name)) return null;
    const version = this.keeper.remembered(name);
    if (version === null || version.identity.size > SMALL_MAX || !isSettled(version.identity)) return null;
    return new Remembered(name, version.identity, version.digests);
  }
}

class Remembered implements RememberedFile {
  readonly facts: FileFacts;

  constructor(
    name: string,
    readonly identity: FileIdentity,
    readonly digests: Digests,
  ) {
    const [size, mtime] = [Number(identity.size), mtimeMs(identity)];
    this.facts = { name, type: mediaTypeOf(name), size, mtime };
  }
}

class Batch implements SmallFiles {
  readonly #names: string[] = [];

  constructor(
    private readonly task: FileTask,
    readonly remembered: (name: string) => Remembered | null,
  ) {}

  get buffer(): Buffer {
    return this.task.slot.bytes;
  }

  get isFull(): boolean {
    return this.#names.length === FILES_MAX;
  }

  add(file: RememberedFile, at: number): void {
    const { facts, identity } = file as Remembered;
    this.task.slot.places[this.#names.length] = at;
    putIdentity(this.task.slot, this.#names.length, identity);
    this.#names.push(facts.name);
  }

  read(): Promise<number> {
    return this.task.run('read', this.#names);
  }

  release(): void {
    this.task.release();
  }
}
