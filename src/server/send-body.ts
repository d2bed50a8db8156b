import { SealiftError } from '../errors/index.js';
import type { StoredFile } from '../store/index.js';
import { giveBuffer, takeBuffer } from './buffer-pool.js';
import type { ReplyWriter } from './reply-writer.js';

/**
 * Sends a header and a range of the file behind it. One buffer is read while another is sent. What can fail before
 * the header goes out fails there; after it, every error leaves bytes owed.
 * @throws SealiftError CHANGED when the file is not the announced one any more: the last bytes are not sent then
 */
export async function sendBody(
  file: StoredFile,
  range: { offset: number; length: number },
  writer: ReplyWriter,
  header: object,
  onBytes: (bytes: Buffer) => void = () => {},
): Promise<void> {
  const end = range.offset + range.length;
  let position = range.offset;
  const [first, second] = [takeBuffer(), takeBuffer()];
  let reading = first;
  let sending: Promise<void> = Promise.resolve();
  try {
    if (position === end) return writer.header(header, 0);
    while (position < end) {
      const wanted = reading.subarray(0, Math.min(reading.length, end - position));
      const count = await file.read(wanted, position);
      if (count < wanted.length)
        throw new SealiftError('CHANGED', 'the file was cut short while it was sent');
      // Rule: the last bytes go out only if the file is still the one that the header announced. Before the first
      // the same look spares a client the bytes of a file that was replaced while it was hashed.
      if (position === range.offset || position + count === end) await file.ensureUnchanged();
      if (position === range.offset) writer.header(header, range.length);
      await sending;
      onBytes(wanted);
      sending = writer.body(wanted);
      // Awaited in the next round; until then a failure must not count as unhandled.
      sending.catch(() => {});
      reading = reading === first ? second : first;
      position += count;
    }
    await sending;
  } finally {
    // Until it is settled the kernel may still read from the buffer.
    await sending.catch(() => {});
    giveBuffer(first);
    giveBuffer(second);
  }
}
