import { FRAME_PREFIX, HEADER_MAX } from './limits.js';
import { ProtocolError } from './protocol-error.js';

/** One frame: 4 bytes of length, unsigned and big end first, then the header as JSON in UTF-8. */
export function encodeFrame(header: object): Buffer {
  const text = JSON.stringify(header);
  const frame = Buffer.allocUnsafe(FRAME_PREFIX + Buffer.byteLength(text));
  putFrame(text, frame, 0);
  return frame;
}

/** Puts the frame of a header, which is JSON already, into `target`. Returns where it ends, or null if it does not fit. */
export function putFrame(text: string, target: Buffer, at: number): number | null {
  const length = Buffer.byteLength(text);
  if (length > HEADER_MAX) throw new ProtocolError(`header of ${length} bytes is over ${HEADER_MAX}`);
  const end = at + FRAME_PREFIX + length;
  if (end > target.length) return null;
  target.writeUInt32BE(length, at);
  target.write(text, at + FRAME_PREFIX, 'utf8');
  return end;
}
