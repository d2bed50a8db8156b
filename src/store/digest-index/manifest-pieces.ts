import { crc32 } from 'node:zlib';
import { CHUNK_DIGEST, chunkCount, hasManifest } from '../../digest/index.js';
import type { IndexRecord } from './digest-index.js';

/** Bytes of a manifest that are kept, read and sent at a time: 4,096 digests. */
export const PIECE = 4_096 * CHUNK_DIGEST;

const ROOT_AT = 4;
const DIGESTS_AT = ROOT_AT + 32;

/** Bytes in the manifest of a file of `size` bytes. */
export function manifestLength(size: number): number {
  return chunkCount(size) * CHUNK_DIGEST;
}

/** A manifest cut into pieces; views, not copies. */
export function* piecesOf(manifest: Buffer): Generator<Buffer> {
  for (let at = 0; at < manifest.length; at += PIECE) yield manifest.subarray(at, at + PIECE);
}

/** Pieces that are kept beside the record: none where it holds the manifest itself, or there is none. */
export function keptPieces({ root, identity }: IndexRecord): number {
  const size = Number(identity.size);
  return root === null || chunkCount(size) <= 1 || !hasManifest(size)
    ? 0
    : Math.ceil(manifestLength(size) / PIECE);
}

/** Layout: CRC-32 of the rest (4 bytes, big end first), root (32 bytes), digests. */
export function encodePiece(root: string, digests: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(DIGESTS_AT + digests.length);
  bytes.write(root, ROOT_AT, 'hex');
  digests.copy(bytes, DIGESTS_AT);
  bytes.writeUInt32BE(crc32(bytes.subarray(ROOT_AT)), 0);
  return bytes;
}

/** Undefined for bytes that are damaged, or not piece `at` of the record's manifest. */
export function decodePiece(bytes: Buffer, { root, identity }: IndexRecord, at: number): Buffer | undefined {
  const digests = bytes.subarray(DIGESTS_AT);
  const length = Math.min(PIECE, manifestLength(Number(identity.size)) - at * PIECE);
  if (digests.length !== length || bytes.toString('hex', ROOT_AT, DIGESTS_AT) !== root) return undefined;
  return bytes.readUInt32BE(0) === crc32(bytes.subarray(ROOT_AT)) ? digests : undefined;
}
