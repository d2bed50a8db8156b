import { sharedBytes } from '../digest/index.js';

/** Sizes of the pieces that bodies are read and sent in, in bytes: what takes long in small pieces is fast in large ones. */
const SMALL = 32 * 1024;
const LARGE = 512 * 1024;
/** Large ones in use at a time, whatever the number of clients; the rest get small ones. */
const LARGE_MAX = 32;
/** Small ones kept for the next body; more are left to the garbage collector. */
const SMALL_KEPT = 64;

const small: Buffer[] = [];
const large: Buffer[] = [];
let largeInUse = 0;

/** @param wantsLarge a small one comes all the same where there are no more */
export function takeBuffer(wantsLarge: boolean): Buffer {
  if (!wantsLarge || largeInUse === LARGE_MAX) return small.pop() ?? sharedBytes(SMALL);
  largeInUse++;
  return large.pop() ?? sharedBytes(LARGE);
}

/** Only for a buffer that nobody reads or writes any more. */
export function giveBuffer(buffer: Buffer): void {
  if (buffer.length === LARGE) {
    largeInUse--;
    large.push(buffer);
  } else if (small.length < SMALL_KEPT) small.push(buffer);
}
