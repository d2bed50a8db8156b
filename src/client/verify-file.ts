import type { Entry, HashingProgress } from '../protocol/index.js';
import type { ConnectionPool } from './connection-pool.js';
import { digestOf, lookAt } from './local-copy.js';
import { remoteStat } from './remote-stat.js';
import type { Target } from './target.js';
import { TargetFolder } from './target-folder.js';

export interface Verification {
  /** OK: the local file is the server's; FAILED: it is another; MISSING: there is none. */
  status: 'OK' | 'FAILED' | 'MISSING';
}

export interface VerifyFileOptions {
  /** What a listing says of the file; the server is only asked for what is not in it. */
  entry?: Pick<Entry, 'size' | 'md5'> | undefined;
  onHashing?: ((progress: HashingProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Compares a local file with the server's digest. */
export async function verifyFile(
  pool: ConnectionPool,
  name: string,
  target: Target,
  { entry, onHashing, signal }: VerifyFileOptions,
): Promise<Verification> {
  const stat = () => pool.use(signal, (connection) => remoteStat(connection, name, { onHashing }));
  let facts = entry ?? (await stat());
  const folder = await TargetFolder.open(target.base, target.segments, false);
  if (folder === null) return { status: 'MISSING' };
  try {
    const copy = await lookAt(folder, target.file);
    if (copy.kind === 'none') return { status: 'MISSING' };
    if (copy.kind !== 'file') return { status: 'FAILED' };
    if (copy.size === facts.size && facts.md5 === null) facts = await stat();
    const isSame =
      copy.size === facts.size && (await digestOf(folder, target.file, 'md5', { signal })) === facts.md5;
    return { status: isSame ? 'OK' : 'FAILED' };
  } finally {
    await folder.close();
  }
}
