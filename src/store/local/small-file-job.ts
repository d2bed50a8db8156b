import type { FileIdentity } from './file-identity.js';

/**
 * The memory that a server shares with the thread that reads small files for it: slots, each with room for the bytes of
 * one batch, and for what is to be read into it.
 */

/** Batches at once. What no batch has used yet takes no room. */
export const SLOTS = 64;
/** Bytes of a batch, and of what the caller puts between its files. */
export const SLOT_BYTES = 256 * 1024;
export const FILES_MAX = 256;

/** What is asked of the thread: the files of a slot, by name. It answers with the slot's number. */
export interface SmallFileJob {
  slot: number;
  /** Stands in the slot as long as the job is wanted and not begun. */
  ticket: number;
  names: string[];
}

export interface SmallFileThread {
  /** Real path of the storage. */
  root: string;
  memory: SharedArrayBuffer;
}

export interface Slot {
  /** [0]: the ticket of the job that waits, {@link BEGUN} or {@link GIVEN_UP}. [1]: files that were read, from the first on. */
  state: Int32Array;
  /** Where in `bytes` each file goes. */
  places: Int32Array;
  /** The versions to be read, five numbers each. */
  identities: BigInt64Array;
  bytes: Buffer;
}

export const GIVEN_UP = 0;
export const BEGUN = -1;

const IDENTITY = 5;
const PLACES_AT = 8;
const IDENTITIES_AT = PLACES_AT + 4 * FILES_MAX;
const BYTES_AT = IDENTITIES_AT + 8 * IDENTITY * FILES_MAX;
const STRIDE = BYTES_AT + SLOT_BYTES;

export function sharedSlots(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * STRIDE);
}

export function slotIn(memory: SharedArrayBuffer, slot: number): Slot {
  const at = slot * STRIDE;
  return {
    state: new Int32Array(memory, at, 2),
    places: new Int32Array(memory, at + PLACES_AT, FILES_MAX),
    identities: new BigInt64Array(memory, at + IDENTITIES_AT, IDENTITY * FILES_MAX),
    bytes: Buffer.from(memory, at + BYTES_AT, SLOT_BYTES),
  };
}

export function putIdentity(slot: Slot, file: number, identity: FileIdentity): void {
  const { dev, ino, size, mtimeNs, ctimeNs } = identity;
  // One call would make an array for each file.
  const at = file * IDENTITY;
  slot.identities[at] = dev;
  slot.identities[at + 1] = ino;
  slot.identities[at + 2] = size;
  slot.identities[at + 3] = mtimeNs;
  slot.identities[at + 4] = ctimeNs;
}

export function identityIn({ identities }: Slot, file: number): FileIdentity {
  const at = file * IDENTITY;
  const word = (nth: number) => identities[at + nth] as bigint;
  return { dev: word(0), ino: word(1), size: word(2), mtimeNs: word(3), ctimeNs: word(4) };
}
