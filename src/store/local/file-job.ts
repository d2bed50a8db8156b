import type { IndexRecord } from '../digest-index/digest-index.js';
import { encodeRecordInto, RECORD_MAX } from '../digest-index/record-codec.js';
import { type FileIdentity, wholeTime } from './file-identity.js';

/**
 * The memory that a server shares with a thread that works on files for it: slots, each with room for the bytes of one batch, and
 * for what is to be done and what came of it.
 */

/** Bytes of a batch, and of what the caller puts between its files. */
export const SLOT_BYTES = 256 * 1024;
export const FILES_MAX = 256;
/** Largest file that is hashed by the thread, in bytes: a larger one takes so long that it has to be one that can be ended. */
export const HASHED_MAX = 64 * 1024;

/** What is asked of the thread: something with the files of a slot, by name. It answers with the slot's number. */
export interface FileJob {
  /**
   * - `read`: all bytes of each to its place, as long as each is the given version
   * - `look`: whether each is the given version, and else which one
   * - `survey`: the same, and the digests of those that are other versions and not large
   */
  kind: 'read' | 'look' | 'survey';
  slot: number;
  /** Stands in the slot as long as the job is wanted and not begun. */
  ticket: number;
  /** Put together with {@link joinNames}: a message takes a hundred strings much longer than one. */
  names: string;
}

/** What no name of a file can hold. */
const NUL = '\0';

export function joinNames(names: string[]): string {
  return names.join(NUL);
}

export function splitNames(names: string): string[] {
  return names.split(NUL);
}

export interface FileThreadData {
  /** Real path of the storage. */
  root: string;
  memory: SharedArrayBuffer;
}

export interface Slot {
  /** [0]: the ticket of the job that waits, {@link BEGUN} or {@link GIVEN_UP}. [1]: files that are done, from the first on. */
  state: Int32Array;
  /** `read`: where in `bytes` each file goes. `survey`: how long its record is. */
  places: Int32Array;
  /** `survey`: what is known of each, see {@link Known}; then, as for `look`: what was found, see {@link Found}. */
  notes: Uint8Array;
  /** The version of each, five numbers: the one that is known, then the one that was found. */
  identities: BigInt64Array;
  /** `survey`: records of what was hashed, as the index keeps them. */
  bytes: Buffer;
  /** Of `bytes`. */
  view: DataView;
}

export const GIVEN_UP = 0;
export const BEGUN = -1;

/** When a file need not be hashed. Of one that is `new` it was seen just now that it is a regular file. */
export const Known = { nothing: 0, ifSame: 1, ifSameSizeAndMtime: 2, new: 3 } as const;

/** What a thread found. What is `other` somebody else has to look at: a link, nothing at all, or not to be read. */
export const Found = { other: 0, known: 1, file: 2, young: 3, hashed: 4 } as const;

const IDENTITY = 5;
const PLACES_AT = 8;
const NOTES_AT = PLACES_AT + 4 * FILES_MAX;
const IDENTITIES_AT = NOTES_AT + FILES_MAX;
const BYTES_AT = IDENTITIES_AT + 8 * IDENTITY * FILES_MAX;
const STRIDE = BYTES_AT + SLOT_BYTES;

export function sharedSlots(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * STRIDE);
}

export function slotIn(memory: SharedArrayBuffer, slot: number): Slot {
  const at = slot * STRIDE;
  return {
    state: new Int32Array(memory, at, 2),
    places: new Int32Array(memory, at + PLACES_AT, FILES_MAX),
    notes: new Uint8Array(memory, at + NOTES_AT, FILES_MAX),
    identities: new BigInt64Array(memory, at + IDENTITIES_AT, IDENTITY * FILES_MAX),
    bytes: Buffer.from(memory, at + BYTES_AT, SLOT_BYTES),
    view: new DataView(memory, at + BYTES_AT, SLOT_BYTES),
  };
}

export function putIdentity({ identities }: Slot, file: number, identity: FileIdentity): void {
  // One by one: a call for all five would make an array for each file.
  const at = file * IDENTITY;
  identities[at] = identity.dev;
  identities[at + 1] = identity.ino;
  identities[at + 2] = identity.size;
  identities[at + 3] = identity.mtimeNs;
  identities[at + 4] = identity.ctimeNs;
}

export function identityIn({ identities }: Slot, file: number): FileIdentity {
  const at = file * IDENTITY;
  return {
    dev: identities[at] as bigint,
    ino: identities[at + 1] as bigint,
    size: identities[at + 2] as bigint,
    mtimeNs: wholeTime(identities[at + 3] as bigint),
    ctimeNs: wholeTime(identities[at + 4] as bigint),
  };
}

/** Made by the thread: of a hundred thousand files it would take the one thread that answers requests a good while. */
export function putRecord({ bytes, view, places }: Slot, file: number, record: IndexRecord): void {
  const at = file * RECORD_MAX;
  places[file] = encodeRecordInto(bytes, view, at, record) - at;
}

/** A copy: the slot is used again. */
export function recordIn({ bytes, places }: Slot, file: number): Buffer {
  const at = file * RECORD_MAX;
  return Buffer.from(bytes.subarray(at, at + (places[file] as number)));
}
