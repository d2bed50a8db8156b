import { digestsOfSmall, type FileDigests, type HashOptions, type HashPool } from '../../digest/index.js';
import { SealiftError } from '../../errors/index.js';
import { type FileIdentity, sameIdentity } from './file-identity.js';
import { readFully } from './read-fully.js';
import type { OpenedFile } from './served-root.js';

/** Up to this size a trip to a worker thread takes longer than the hashing. */
const INLINE_MAX = 64 * 1024;

/**
 * Digests of all the bytes of exactly this version of a file, opened for it.
 * @throws SealiftError CHANGED when it is another version before or after; INTERNAL when it cannot be read; ABORTED, BUSY
 */
export async function hashVersion(
  name: string,
  identity: FileIdentity,
  open: () => Promise<OpenedFile>,
  pool: HashPool,
  options: HashOptions,
): Promise<FileDigests> {
  const { handle, stats } = await open();
  try {
    if (!sameIdentity(stats, identity)) throw changed(name);
    const size = Number(identity.size);
    const digests =
      size <= INLINE_MAX
        ? await digestsOfSmall(await readFully(handle, size))
        : await pool.digests(handle.fd, size, options);
    if (!sameIdentity(await handle.stat({ bigint: true }), identity)) throw changed(name);
    return digests;
  } catch (cause) {
    if (cause instanceof SealiftError) throw cause;
    throw new SealiftError('INTERNAL', `${name}: the server cannot read this file`, { cause });
  } finally {
    await handle.close();
  }
}

function changed(name: string): SealiftError {
  return new SealiftError('CHANGED', `${name}: the file is being written to on the server; try again`);
}
