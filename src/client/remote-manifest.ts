import { CHUNK_SIZE, MANIFEST_MAX, rootOf } from '../digest/index.js';
import { SealiftError } from '../errors/index.js';
import { type HashingProgress, ProtocolError, parseReply } from '../protocol/index.js';
import { headerAfterHashing } from './after-hashing.js';
import type { Connection } from './connection.js';
import { checkName } from './remote-stat.js';

/** A file's chunk digests, and which file they are of. */
export interface RemoteManifest {
  size: number;
  md5: string;
  /** 32 bytes for each chunk. */
  digests: Buffer;
  /** BLAKE3 of `digests`, in hex. */
  root: string;
}

/**
 * Asks for a file's manifest. Waits as long as the server's hashing makes progress.
 * @throws SealiftError TOO_LARGE for a file beyond 2 TiB
 */
export async function remoteManifest(
  connection: Connection,
  name: string,
  onHashing?: (progress: HashingProgress) => void,
): Promise<RemoteManifest> {
  connection.send({ op: 'manifest', name, progress: true });
  const header = await headerAfterHashing(connection, name, onHashing);
  const { size, md5, chunkSize, length } = checkName(parseReply('manifest', header), name);
  if (chunkSize !== CHUNK_SIZE) throw new ProtocolError(`${name}: the server's chunks are of another size`);
  if (length > MANIFEST_MAX) throw new SealiftError('TOO_LARGE', `${name}: its manifest is too large`);
  const digests = await connection.wholeBody(length);
  return { size, md5, digests, root: await rootOf(digests) };
}
