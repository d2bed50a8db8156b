import { FRAME_PREFIX, HEADER_MAX } from './limits.js';
import { ProtocolError } from './protocol-error.js';

/** One frame: 4 bytes of length, unsigned and big end first, then the header as JSON in UTF-8. */
export function encodeFrame(header: object): Buffer {
  const text = JSON.stringify(header);
  const length = Buffer.byteLength(text);
  if (length > HEADER_MAX) throw new ProtocolError(`header of ${length} bytes is over ${HEADER_MAX}`);
  const frame = Buffer.allocUnsafe(FRAME_PREFIX + length);
  frame.writeUInt32BE(length, 0);
  frame.write(text, FRAME_PREFIX, 'utf8');
  return frame;
}
