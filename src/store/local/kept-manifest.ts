import { CHUNK_DIGEST, type FileDigests } from '../../digest/index.js';
import { SealiftError } from '../../errors/index.js';
import type { DigestIndex, IndexRecord } from '../digest-index/digest-index.js';
import { keptPieces, manifestLength, piecesOf } from '../digest-index/manifest-pieces.js';
import type { Manifest } from '../store.js';
import { TimeSlices } from './time-slices.js';

/** The manifest that the index keeps, or null if it has none, or not all of it. Read from there piece by piece. */
export async function keptManifest(
  index: DigestIndex,
  name: string,
  record: IndexRecord,
): Promise<Manifest | null> {
  const { md5, root, onlyChunk, identity } = record;
  if (md5 === null || root === null) return null;
  const length = manifestLength(Number(identity.size));
  if (length <= CHUNK_DIGEST) return manifestOf({ md5, root, manifest: onlyChunk ?? Buffer.alloc(0) });
  const count = keptPieces(record);
  // Once a reply has begun, a piece that is missing can only end the connection.
  const slices = new TimeSlices();
  for (let at = 0; at < count; at++) {
    if (index.piece(name, record, at) === undefined) return null;
    if (slices.isOver) await slices.next();
  }
  function* pieces(): Generator<Buffer> {
    for (let at = 0; at < count; at++) {
      const piece = index.piece(name, record, at);
      if (piece === undefined) throw new SealiftError('CHANGED', `${name}: the file changed meanwhile`);
      yield piece;
    }
  }
  return { md5, root, count: length / CHUNK_DIGEST, pieces };
}

/**
 * A manifest in memory.
 * @throws SealiftError INTERNAL if there is none
 */
export function manifestOf({ md5, root, manifest }: FileDigests): Manifest {
  if (root === null || manifest === null) throw new SealiftError('INTERNAL', 'the file has no manifest');
  return { md5, root, count: manifest.length / CHUNK_DIGEST, pieces: () => piecesOf(manifest) };
}
