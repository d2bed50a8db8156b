import { crc32 } from 'node:zlib';

/** What is remembered of a share link. Times in milliseconds since the Unix epoch. */
export interface ShareRecord {
  /** 12 hex digits. */
  id: string;
  pattern: string;
  createdAt: number;
  /** Null: never. */
  expiresAt: number | null;
  /** Sessions that it may be used by; null: without end. */
  uses: number | null;
  revoked: boolean;
  /** Of each session that has used it {@link SESSION_DIGEST} bytes of its digest; none where there is no end of uses. */
  sessions: Buffer;
}

/** Bytes that tell sessions apart. */
export const SESSION_DIGEST = 8;

const REVOKED = 1;
const PATTERN_AT = 26;

/**
 * Layout: CRC-32 of the rest (4 bytes), flags (1 byte), createdAt, expiresAt (8 bytes each, as doubles; infinity: never), uses
 * (2 bytes; 0: without end), length of the pattern (3 bytes), pattern (UTF-8), sessions. Numbers big end first.
 */
export function encodeShare({ pattern, createdAt, expiresAt, uses, revoked, sessions }: ShareRecord): Buffer {
  const text = Buffer.from(pattern);
  const bytes = Buffer.concat([Buffer.alloc(PATTERN_AT), text, sessions]);
  bytes.writeUInt8(revoked ? REVOKED : 0, 4);
  bytes.writeDoubleBE(createdAt, 5);
  bytes.writeDoubleBE(expiresAt ?? Number.POSITIVE_INFINITY, 13);
  bytes.writeUInt16BE(uses ?? 0, 21);
  bytes.writeUIntBE(text.length, 23, 3);
  bytes.writeUInt32BE(crc32(bytes.subarray(4)));
  return bytes;
}

/** Undefined for bytes that are damaged: a link must not come back to life by a flipped bit. */
export function decodeShare(id: string, bytes: Buffer): ShareRecord | undefined {
  if (bytes.length < PATTERN_AT || bytes.readUInt32BE() !== crc32(bytes.subarray(4))) return undefined;
  const sessionsAt = PATTERN_AT + bytes.readUIntBE(23, 3);
  const expiresAt = bytes.readDoubleBE(13);
  return {
    id,
    pattern: bytes.toString('utf8', PATTERN_AT, sessionsAt),
    createdAt: bytes.readDoubleBE(5),
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : null,
    uses: bytes.readUInt16BE(21) || null,
    revoked: (bytes.readUInt8(4) & REVOKED) !== 0,
    sessions: Buffer.from(bytes.subarray(sessionsAt)),
  };
}
