import { CHUNK_DIGEST, CHUNK_SIZE, chunkCount, chunkRange, hasManifest } from '../digest/index.js';

const MISSING = 0;
/** There from an earlier fetch, and not looked at yet. */
const FOUND = 1;
/** Received and hashed, with nothing to compare it with yet. */
const UNPROVEN = 2;
const GOOD = 3;
/** Its bytes are there, and are not the announced ones. */
const BAD = 4;
/** Asked for over some connection, and not there yet. */
const CLAIMED = 5;

/** A run of bytes: from `start` up to and without `end`. */
export interface Range {
  start: number;
  end: number;
}

/** What is known of each chunk of a download. A file that is too large for a manifest counts as one chunk. */
export class ChunkMap {
  readonly count: number;
  readonly #states: Uint8Array;
  /** Of the chunks that are unproven. */
  readonly #digests: Buffer;
  #manifest: Buffer | null = null;
  #have = 0;
  #missing: number;

  constructor(readonly size: number) {
    this.count = hasManifest(size) ? chunkCount(size) : 1;
    this.#missing = this.count;
    this.#states = new Uint8Array(this.count);
    // Not touched before it is used: the system gives no memory for it until then.
    this.#digests = Buffer.alloc(this.count * CHUNK_DIGEST);
  }

  /** There are chunks that a manifest can tell apart. */
  get isDivided(): boolean {
    return this.count > 1;
  }

  get hasManifest(): boolean {
    return this.#manifest !== null;
  }

  range(index: number): Range {
    return this.isDivided ? chunkRange(index, this.size) : { start: 0, end: this.size };
  }

  /** The chunk that the byte at `position` belongs to. */
  indexAt(position: number): number {
    return this.isDivided ? Math.floor(position / CHUNK_SIZE) : 0;
  }

  /** Bytes in chunks that are there and not known to be wrong. */
  get haveBytes(): number {
    return this.#have;
  }

  /**
   * Compares all that is unproven with the chunk digests of `manifest`, and all that comes from now on. Returns the
   * first chunk that is bad, or null.
   */
  prove(manifest: Buffer): number | null {
    this.#manifest = manifest;
    let firstBad: number | null = null;
    for (let index = 0; index < this.count; index++) {
      if (this.#states[index] !== UNPROVEN) continue;
      const isGood = this.isRight(index, this.#digests.subarray(index * CHUNK_DIGEST));
      this.#set(index, isGood ? GOOD : BAD);
      if (!isGood) firstBad ??= index;
    }
    return firstBad;
  }

  /** The manifest came wrong, and this is the right one: chunks that seemed bad are as good as missing. */
  proveAgain(manifest: Buffer): void {
    this.#manifest = manifest;
    for (let index = this.nextBad(); index !== null; index = this.nextBad()) this.#set(index, MISSING);
  }

  isManifest(manifest: Buffer): boolean {
    return this.#manifest?.equals(manifest) === true;
  }

  /** The first `bytes` bytes are there from an earlier fetch; only whole chunks of them count. */
  found(bytes: number): void {
    for (let index = 0; index < this.count; index++) {
      if (this.range(index).end <= bytes) this.#set(index, FOUND);
    }
  }

  /** The next chunk at or behind `from` that was found and not looked at, or null. */
  nextFound(from: number): number | null {
    return this.#next(FOUND, from);
  }

  /** What was found in a chunk has this digest: it is good, or as good as missing. Needs the manifest. */
  checkFound(index: number, digest: Buffer): boolean {
    const isGood = this.isRight(index, digest);
    this.#set(index, isGood ? GOOD : MISSING);
    return isGood;
  }

  /** A chunk was received; false if it is bad. */
  received(index: number, digest: Buffer): boolean {
    if (!this.#manifest) {
      digest.copy(this.#digests, index * CHUNK_DIGEST);
      this.#set(index, UNPROVEN);
      return true;
    }
    const isGood = this.isRight(index, digest);
    this.#set(index, isGood ? GOOD : BAD);
    return isGood;
  }

  isGood(index: number): boolean {
    return this.#states[index] === GOOD;
  }

  /** There, and not known to be wrong. */
  isThere(index: number): boolean {
    const state = this.#states[index];
    return state === GOOD || state === UNPROVEN;
  }

  nextBad(from = 0): number | null {
    return this.#next(BAD, from);
  }

  /** The next run of bytes that are not there at all, or null. */
  nextGap(): Range | null {
    const first = this.#next(MISSING, 0);
    if (first === null) return null;
    let last = first;
    while (last + 1 < this.count && this.#states[last + 1] === MISSING) last++;
    return { start: this.range(first).start, end: this.range(last).end };
  }

  /** The next run of missing chunks at or behind `from`, `most` of them at the most, is somebody's from now on. */
  claim(from: number, most: number): Range | null {
    const first = this.#next(MISSING, from);
    if (first === null) return null;
    let behind = first;
    while (behind < first + most && this.#states[behind] === MISSING) this.#set(behind++, CLAIMED);
    return { start: this.range(first).start, end: this.range(behind - 1).end };
  }

  /** As {@link claim}, of one chunk; false if it is not missing. */
  claimOne(index: number): boolean {
    if (this.#states[index] !== MISSING) return false;
    this.#set(index, CLAIMED);
    return true;
  }

  /** Who claimed it gives up: what has not come is missing. */
  release({ start, end }: Range): void {
    for (let index = this.indexAt(start); index < this.count && this.range(index).start < end; index++) {
      if (this.#states[index] === CLAIMED) this.#set(index, MISSING);
    }
  }

  /** Chunks that nobody has claimed and that are not there. */
  get missingCount(): number {
    // Kept, not counted: it is asked for with every piece that comes, and counting takes longer the larger the file.
    return this.#missing;
  }

  /** Needs the manifest. */
  isRight(index: number, digest: Buffer): boolean {
    const at = index * CHUNK_DIGEST;
    return this.#manifest?.compare(digest, 0, CHUNK_DIGEST, at, at + CHUNK_DIGEST) === 0;
  }

  #next(state: number, from: number): number | null {
    const index = this.#states.indexOf(state, from);
    return index < 0 ? null : index;
  }

  #set(index: number, state: number): void {
    const { start, end } = this.range(index);
    const before = this.#states[index];
    if (counts(before)) this.#have -= end - start;
    if (counts(state)) this.#have += end - start;
    if (before === MISSING) this.#missing--;
    if (state === MISSING) this.#missing++;
    this.#states[index] = state;
  }
}

/** Its bytes are there, and not known to be wrong. */
function counts(state: number | undefined): boolean {
  return state === FOUND || state === UNPROVEN || state === GOOD;
}
