import { isUtf8 } from 'node:buffer';

/**
 * How docs/protocol.md cuts a stream into headers and bodies, without Sealift's own decoder: over all the bytes at once.
 * @typedef {import('./fuzz-rules.js').Header} Header
 */

const NESTED_MAX = 16;
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * The headers, how many body bytes there are, and whether the stream broke the protocol (`PROTOCOL`) or did not (`taken`).
 * A request's `length` is a body's, but for `get`.
 * @param {Buffer} bytes
 */
export function readStream(bytes) {
  /** @type {Header[]} */
  const headers = [];
  let body = 0;
  for (let at = 0; bytes.length - at >= 4; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end - at - 4 < 2 || end - at - 4 > 65_536) return { headers, body, end: 'PROTOCOL' };
    if (end > bytes.length) break;
    const header = readHeader(bytes.subarray(at + 4, end));
    if (header === null) return { headers, body, end: 'PROTOCOL' };
    headers.push(header);
    const length = header.op !== 'get' && isCount(header.length) ? Number(header.length) : 0;
    const taken = Math.min(length, bytes.length - end);
    body += taken;
    at = end + taken;
    if (taken < length) break;
  }
  return { headers, body, end: 'taken' };
}

/** @param {unknown} value */
const isCount = (value) => Number.isSafeInteger(value) && Number(value) >= 0;

/**
 * @param {Buffer} bytes
 * @returns {Header | null}
 */
function readHeader(bytes) {
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString();
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
    // Of fields with equal names one is left after parsing.
    return countFields(text) === fieldsIn(value, 1) ? value : null;
  } catch {
    return null;
  }
}

/** @param {string} text */
function countFields(text) {
  let count = 0;
  STRINGS.lastIndex = 0;
  for (let match = STRINGS.exec(text); match !== null; match = STRINGS.exec(text))
    if (match[1] !== undefined) count++;
  return count;
}

/**
 * Fields in it and in all that is in it; NaN if it is nested too deep.
 * @param {unknown} value
 * @param {number} depth
 * @returns {number}
 */
function fieldsIn(value, depth) {
  if (value === null || typeof value !== 'object') return 0;
  if (depth > NESTED_MAX) return Number.NaN;
  let count = 0;
  for (const inner of Object.values(value))
    count += fieldsIn(inner, depth + 1) + (Array.isArray(value) ? 0 : 1);
  return count;
}
