import type { IndexRecord } from './digest-index.js';

/** Bumped when the layout changes: records of another layout are not found, and made anew. */
export const RECORD_LAYOUT = 1;

const MD5_AT = 41;
const WITH_MD5 = MD5_AT + 16;
const ROTTEN = 1;

/** Layout: flags (1 byte), dev, ino, size (unsigned), mtimeNs, ctimeNs (signed; 8 bytes each, big end), MD5 (16 bytes or none). */
export function encodeRecord({ identity, md5, rotten }: IndexRecord): Buffer {
  const bytes = Buffer.alloc(md5 === null ? MD5_AT : WITH_MD5);
  bytes.writeUInt8(rotten ? ROTTEN : 0, 0);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, identity.dev), 1);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, identity.ino), 9);
  bytes.writeBigUInt64BE(identity.size, 17);
  bytes.writeBigInt64BE(identity.mtimeNs, 25);
  bytes.writeBigInt64BE(identity.ctimeNs, 33);
  if (md5 !== null) bytes.write(md5, MD5_AT, 'hex');
  return bytes;
}

/** Undefined for bytes of another layout. */
export function decodeRecord(bytes: Buffer): IndexRecord | undefined {
  if (bytes.length !== MD5_AT && bytes.length !== WITH_MD5) return undefined;
  return {
    identity: {
      dev: bytes.readBigUInt64BE(1),
      ino: bytes.readBigUInt64BE(9),
      size: bytes.readBigUInt64BE(17),
      mtimeNs: bytes.readBigInt64BE(25),
      ctimeNs: bytes.readBigInt64BE(33),
    },
    md5: bytes.length === WITH_MD5 ? bytes.toString('hex', MD5_AT) : null,
    rotten: (bytes.readUInt8(0) & ROTTEN) !== 0,
  };
}
