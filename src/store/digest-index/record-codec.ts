import { crc32 } from 'node:zlib';
import { wholeTime } from '../local/file-identity.js';
import { type IndexRecord, notSeen } from './digest-index.js';

/** Bumped when the layout changes: records of another layout are not found, and made anew. */
export const RECORD_LAYOUT = 3;

const OPTIONAL_AT = 53;
const ROTTEN = 1;
const HAS_MD5 = 2;
const HAS_ROOT = 4;
const HAS_CHUNK = 8;
const MD5_LENGTH = 16;
const BLAKE3_LENGTH = 32;
/** Length of the longest record, in bytes. */
export const RECORD_MAX = OPTIONAL_AT + MD5_LENGTH + 2 * BLAKE3_LENGTH;
/** `verifiedAt` of what was never verified. */
const NEVER = -(2n ** 63n);

/**
 * Layout: CRC-32 of the rest (4 bytes), flags (1 byte), dev, ino, size (unsigned), mtimeNs, ctimeNs, verifiedAt
 * (signed; 8 bytes each), then what the flags say that there is: MD5 (16 bytes), root (32 bytes), the only chunk's digest
 * (32 bytes). Numbers big end first.
 */
export function encodeRecord(record: IndexRecord): Buffer {
  const bytes = Buffer.allocUnsafeSlow(RECORD_MAX);
  return bytes.subarray(0, encodeRecordInto(bytes, viewOf(bytes), 0, record));
}

/**
 * The same into `bytes`, where there is room for {@link RECORD_MAX}. Returns where it ends.
 * @param view of all of `bytes`
 */
export function encodeRecordInto(
  bytes: Buffer,
  view: DataView,
  start: number,
  { identity, md5, root, onlyChunk, verifiedAt, rotten }: IndexRecord,
): number {
  const flags =
    (rotten ? ROTTEN : 0) | (md5 ? HAS_MD5 : 0) | (root ? HAS_ROOT : 0) | (onlyChunk ? HAS_CHUNK : 0);
  view.setUint8(start + 4, flags);
  view.setBigUint64(start + 5, identity.dev);
  view.setBigUint64(start + 13, identity.ino);
  view.setBigUint64(start + 21, identity.size);
  view.setBigInt64(start + 29, identity.mtimeNs);
  view.setBigInt64(start + 37, identity.ctimeNs);
  view.setBigInt64(start + 45, verifiedAt === null ? NEVER : BigInt(verifiedAt));
  let at = start + OPTIONAL_AT;
  if (md5) at += bytes.write(md5, at, 'hex');
  if (root) at += bytes.write(root, at, 'hex');
  if (onlyChunk) at += onlyChunk.copy(bytes, at);
  view.setUint32(start, crc32(bytes.subarray(start + 4, at)));
  return at;
}

/** Undefined for bytes of another layout, or damaged: a wrong digest must not be believed. */
export function decodeRecord(bytes: Buffer): IndexRecord | undefined {
  if (bytes.length < OPTIONAL_AT) return undefined;
  const view = viewOf(bytes);
  const flags = view.getUint8(4);
  if (bytes.length !== lengthOf(flags)) return undefined;
  if (view.getUint32(0) !== crc32(bytes.subarray(4))) return undefined;
  const verifiedAt = view.getBigInt64(45);
  const rootAt = OPTIONAL_AT + (flags & HAS_MD5 ? MD5_LENGTH : 0);
  const chunkAt = rootAt + (flags & HAS_ROOT ? BLAKE3_LENGTH : 0);
  return {
    identity: {
      // With a sign, as Node tells them.
      dev: view.getBigInt64(5),
      ino: view.getBigInt64(13),
      size: view.getBigUint64(21),
      mtimeNs: wholeTime(view.getBigInt64(29)),
      ctimeNs: wholeTime(view.getBigInt64(37)),
    },
    // Without a view for each: a listing reads them by the thousand.
    md5: flags & HAS_MD5 ? bytes.toString('hex', OPTIONAL_AT, rootAt) : null,
    root: flags & HAS_ROOT ? bytes.toString('hex', rootAt, chunkAt) : null,
    onlyChunk: flags & HAS_CHUNK ? bytes.subarray(chunkAt) : null,
    verifiedAt: verifiedAt === NEVER ? null : Number(verifiedAt),
    rotten: (flags & ROTTEN) !== 0,
  };
}

/** Of a name of which no more is known than that it is there. */
export const NOT_SEEN = encodeRecord(notSeen);

/** Numbers by way of it take a fraction of the time that the methods of a buffer do. */
function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** False for a record without a manifest, or with one that it holds itself. */
export function mayHavePieces(bytes: Buffer): boolean {
  const flags = bytes[4] ?? 0;
  return (flags & HAS_ROOT) !== 0 && (flags & HAS_CHUNK) === 0;
}

/** False for a record of nothing but a name, and perhaps a version: there is nothing in it to lose. */
export function isHashed(bytes: Buffer): boolean {
  return ((bytes[4] ?? 0) & (HAS_MD5 | ROTTEN)) !== 0;
}

function lengthOf(flags: number): number {
  const md5 = flags & HAS_MD5 ? MD5_LENGTH : 0;
  const root = flags & HAS_ROOT ? BLAKE3_LENGTH : 0;
  const chunk = flags & HAS_CHUNK ? BLAKE3_LENGTH : 0;
  return OPTIONAL_AT + md5 + root + chunk;
}
