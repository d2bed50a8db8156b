import { NAME_MAX, SEGMENT_MAX } from './limits.js';

/** Names of ASCII alone that keep all rules but the one for their length: the quick way for nearly all there are. */
const PLAIN = /^[ -\-0-[\]-~][ -.0-[\]-~]{0,254}(?:\/[ -\-0-[\]-~][ -.0-[\]-~]{0,254})*$/;
const FORBIDDEN = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Why `name` breaks the rules for names (docs/protocol.md, Names), or null if it keeps them all. */
export function faultOfName(name: string): string | null {
  if (name.length <= NAME_MAX && PLAIN.test(name)) return null;
  if (name === '') return 'is empty';
  if (!name.isWellFormed()) return 'has an unpaired surrogate';
  if (Buffer.byteLength(name) > NAME_MAX) return `is longer than ${NAME_MAX} bytes`;
  if (FORBIDDEN.test(name)) return 'has a backslash or a control character';
  if (name.normalize('NFC') !== name) return 'is not in Unicode form NFC';
  for (const segment of name.split('/')) {
    if (segment === '') return 'has an empty segment';
    // Also keeps out `.` and `..`.
    if (segment.startsWith('.')) return 'has a segment that begins with a dot';
    if (Buffer.byteLength(segment) > SEGMENT_MAX) return `has a segment longer than ${SEGMENT_MAX} bytes`;
  }
  return null;
}

export function isName(name: string): boolean {
  return faultOfName(name) === null;
}

const SURROGATE = /[\ud800-\udfff]/;

/** Byte order of UTF-8, which is the order of a listing; JavaScript's own order differs beyond U+FFFF. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
