/** Bytes read and sent at a time. */
const BODY_BUFFER = 128 * 1024;
/** Buffers kept for the next body; more are left to the garbage collector. */
const KEPT_MAX = 64;

const kept: Buffer[] = [];

export function takeBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(BODY_BUFFER);
}

/** Only for a buffer that nobody reads or writes any more. */
export function giveBuffer(buffer: Buffer): void {
  if (kept.length < KEPT_MAX) kept.push(buffer);
}
