/** Types of records (RFC 8446, section 5.1). */
const TYPES = new Map([
  [20, 'a change of cipher'],
  [21, 'an alert'],
  [22, 'the handshake'],
  [23, 'ciphertext'],
]);
const HEADER = 5;
/** An alert of two bytes and its type, and what vouches for them. */
const ALERT = 3 + 16;

/**
 * Where in a stream of TLS records an offset is: `a header` of one, or what the record carries. An encrypted alert, of which only the
 * length tells, is what a connection ends with.
 * @param {Buffer} bytes
 * @param {number} offset
 */
export function placeInRecords(bytes, offset) {
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 3);
    if (offset < at + HEADER) return 'a header';
    if (offset < at + HEADER + length) {
      const what = TYPES.get(bytes[at] ?? 0) ?? 'something else';
      return what === 'ciphertext' && length === ALERT ? 'an encrypted alert' : what;
    }
    at += HEADER + length;
  }
  return 'nothing';
}
