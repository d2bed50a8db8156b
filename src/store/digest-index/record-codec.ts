import { crc32 } from 'node:zlib';
import type { IndexRecord } from './digest-index.js';

/** Bumped when the layout changes: records of another layout are not found, and made anew. */
export const RECORD_LAYOUT = 2;

const MD5_AT = 45;
const WITH_MD5 = MD5_AT + 16;
const ROTTEN = 1;

/**
 * Layout: CRC-32 of the rest (4 bytes), flags (1 byte), dev, ino, size (unsigned), mtimeNs, ctimeNs (signed; 8 bytes
 * each), MD5 (16 bytes or none); numbers big end first.
 */
export function encodeRecord({ identity, md5, rotten }: IndexRecord): Buffer {
  const bytes = Buffer.alloc(md5 === null ? MD5_AT : WITH_MD5);
  bytes.writeUInt8(rotten ? ROTTEN : 0, 4);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, identity.dev), 5);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, identity.ino), 13);
  bytes.writeBigUInt64BE(identity.size, 21);
  bytes.writeBigInt64BE(identity.mtimeNs, 29);
  bytes.writeBigInt64BE(identity.ctimeNs, 37);
  if (md5 !== null) bytes.write(md5, MD5_AT, 'hex');
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Undefined for bytes of another layout, or damaged: a wrong digest must not be believed. */
export function decodeRecord(bytes: Buffer): IndexRecord | undefined {
  if (bytes.length !== MD5_AT && bytes.length !== WITH_MD5) return undefined;
  if (bytes.readUInt32BE(0) !== crc32(bytes.subarray(4))) return undefined;
  return {
    identity: {
      dev: bytes.readBigUInt64BE(5),
      ino: bytes.readBigUInt64BE(13),
      size: bytes.readBigUInt64BE(21),
      mtimeNs: bytes.readBigInt64BE(29),
      ctimeNs: bytes.readBigInt64BE(37),
    },
    md5: bytes.length === WITH_MD5 ? bytes.toString('hex', MD5_AT) : null,
    rotten: (bytes.readUInt8(4) & ROTTEN) !== 0,
  };
}
