import type { ConnectionPool } from './connection-pool.js';
import { digestOf, lookAt } from './local-copy.js';
import { remoteStat } from './remote-stat.js';
import type { Target } from './target.js';
import { TargetFolder } from './target-folder.js';

export interface Verification {
  /** OK: the local file is the server's; FAILED: it is another; MISSING: there is none. */
  status: 'OK' | 'FAILED' | 'MISSING';
}

/** Compares a local file with the server's digest. */
export async function verifyFile(
  pool: ConnectionPool,
  name: string,
  target: Target,
  signal: AbortSignal | undefined,
): Promise<Verification> {
  const { size, md5 } = await pool.use(signal, (connection) => remoteStat(connection, name, {}));
  const folder = await TargetFolder.open(target.base, target.segments, false);
  if (folder === null) return { status: 'MISSING' };
  try {
    const copy = await lookAt(folder, target.file);
    if (copy.kind === 'none') return { status: 'MISSING' };
    const isSame =
      copy.kind === 'file' &&
      copy.size === size &&
      (await digestOf(folder, target.file, 'md5', signal)) === md5;
    return { status: isSame ? 'OK' : 'FAILED' };
  } finally {
    await folder.close();
  }
}
