import { crc32 } from 'node:zlib';
import type { IndexRecord } from './digest-index.js';

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
  const bytes = Buffer.allocUnsafe(RECORD_MAX);
  return bytes.subarray(0, encodeRecordInto(bytes, 0, record));
}

/** The same into `bytes`, where there is room for {@link RECORD_MAX}. Returns where it ends. */
export function encodeRecordInto(
  bytes: Buffer,
  start: number,
  { identity, md5, root, onlyChunk, verifiedAt, rotten }: IndexRecord,
): number {
  bytes[start + 4] =
    (rotten ? ROTTEN : 0) | (md5 ? HAS_MD5 : 0) | (root ? HAS_ROOT : 0) | (onlyChunk ? HAS_CHUNK : 0);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, identity.dev), start + 5);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, identity.ino), start + 13);
  bytes.writeBigUInt64BE(identity.size, start + 21);
  bytes.writeBigInt64BE(identity.mtimeNs, start + 29);
  bytes.writeBigInt64BE(identity.ctimeNs, start + 37);
  bytes.writeBigInt64BE(verifiedAt === null ? NEVER : BigInt(verifiedAt), start + 45);
  let at = start + OPTIONAL_AT;
  if (md5) at += bytes.write(md5, at, 'hex');
  if (root) at += bytes.write(root, at, 'hex');
  if (onlyChunk) at += onlyChunk.copy(bytes, at);
  bytes.writeUInt32BE(crc32(bytes.subarray(start + 4, at)), start);
  return at;
}

/** Undefined for bytes of another layout, or damaged: a wrong digest must not be believed. */
export function decodeRecord(bytes: Buffer): IndexRecord | undefined {
  if (bytes.length < OPTIONAL_AT) return undefined;
  const flags = bytes.readUInt8(4);
  if (bytes.length !== lengthOf(flags)) return undefined;
  if (bytes.readUInt32BE(0) !== crc32(bytes.subarray(4))) return undefined;
  const verifiedAt = bytes.readBigInt64BE(45);
  const rootAt = OPTIONAL_AT + (flags & HAS_MD5 ? MD5_LENGTH : 0);
  const chunkAt = rootAt + (flags & HAS_ROOT ? BLAKE3_LENGTH : 0);
  return {
    identity: {
      dev: bytes.readBigUInt64BE(5),
      ino: bytes.readBigUInt64BE(13),
      size: bytes.readBigUInt64BE(21),
      mtimeNs: bytes.readBigInt64BE(29),
      ctimeNs: bytes.readBigInt64BE(37),
    },
    // Without a view for each: a listing reads them by the thousand.
    md5: flags & HAS_MD5 ? bytes.toString('hex', OPTIONAL_AT, rootAt) : null,
    root: flags & HAS_ROOT ? bytes.toString('hex', rootAt, chunkAt) : null,
    onlyChunk: flags & HAS_CHUNK ? bytes.subarray(chunkAt) : null,
    verifiedAt: verifiedAt === NEVER ? null : Number(verifiedAt),
    rotten: (flags & ROTTEN) !== 0,
  };
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
