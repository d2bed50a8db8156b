import { SealiftError } from '../errors/index.js';
import type { StoredFile } from '../store/index.js';
import { giveBuffer, takeBuffer } from './buffer-pool.js';

/** A peer that takes a piece within this time, in milliseconds, gets large ones. */
const FAST_MS = 50;
/** Once it has taken so many bytes: kernels take several MB for a peer that reads nothing. */
const READ_MIN = 16 << 20;

/** Where a body goes, behind its header. */
export interface BodyWriter {
  header(header: object, length?: number): void;
  /** Resolves when the kernel has it: the buffer may be used again. */
  body(bytes: Buffer): Promise<void>;
}

/**
 * Sends a header and a range of the file behind it. One piece is read while another is sent. What can fail before
 * the header goes out fails there; after it, every error leaves bytes owed.
 * @param onBytes is given each piece, and may keep it until it resolves
 * @throws SealiftError CHANGED when the file is not the announced one any more: the last bytes are not sent then
 */
export async function sendBody(
  file: StoredFile,
  range: { offset: number; length: number },
  writer: BodyWriter,
  header: object,
  onBytes: (bytes: Buffer) => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const end = range.offset + range.length;
  let position = range.offset;
  // A peer has to show that it is fast: a large buffer may be held for as long as one takes that is not.
  let isFast = false;
  let sending: Promise<void> = Promise.resolve();
  if (position === end) return writer.header(header, 0);
  /** Whoever takes the pieces may be one behind. */
  let taking: Promise<void> | undefined;
  const send = async (buffer: Buffer, bytes: Buffer, taken: Promise<void> | undefined) => {
    const startedAt = performance.now();
    const giveBack = () => giveBuffer(buffer);
    try {
      await writer.body(bytes);
    } finally {
      // Until it is settled the kernel, or who takes it, may still read from the buffer.
      if (taken) taken.then(giveBack, giveBack);
      else giveBack();
    }
    isFast = performance.now() - startedAt <= FAST_MS;
  };
  while (position < end) {
    const buffer = takeBuffer(isFast && position - range.offset >= READ_MIN);
    const bytes = buffer.subarray(0, Math.min(buffer.length, end - position));
    try {
      await readPiece(file, bytes, position);
      // Rule: the last bytes go out only if the file is still the one that the header announced. Before the first
      // the same look spares a client the bytes of a file that was replaced while it was hashed.
      if (position === range.offset || position + bytes.length === end) await file.ensureUnchanged();
      if (position === range.offset) writer.header(header, range.length);
      await sending;
    } catch (error) {
      giveBuffer(buffer);
      throw error;
    }
    const takenBefore = taking;
    taking = onBytes(bytes);
    // Told by the next round; until then a failure must not count as unhandled.
    taking?.catch(() => {});
    sending = send(buffer, bytes, taking);
    // Awaited in the next round; until then a failure must not count as unhandled.
    sending.catch(() => {});
    position += bytes.length;
    await takenBefore;
  }
  await sending;
  await taking;
}

async function readPiece(file: StoredFile, bytes: Buffer, position: number): Promise<void> {
  const count = await file.read(bytes, position);
  if (count < bytes.length) throw new SealiftError('CHANGED', 'the file was cut short while it was sent');
}
