/**
 * Where in a frame and its body an offset is: `frame length`, the name of a field of the header, `header` between
 * them, or `body`.
 * @param {Buffer} bytes
 * @param {number} offset
 */
export function placeOf(bytes, offset) {
  const end = 4 + bytes.readUInt32BE();
  if (offset < 4) return 'frame length';
  if (offset >= end) return 'body';
  // Latin-1, so that an index is an offset.
  const json = bytes.subarray(4, end).toString('latin1');
  for (const match of json.matchAll(/"(\w+)":("[^"]*"|[^,}]*)/g)) {
    const start = 4 + match.index;
    if (offset >= start && offset < start + match[0].length) return String(match[1]);
  }
  return 'header';
}
