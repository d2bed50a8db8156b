import { type BigIntStats, constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { type Algorithm, type HashFileOptions, hashFile } from '../digest/index.js';
import { localError, SealiftError, systemCode } from '../errors/index.js';
import type { TargetFolder } from './target-folder.js';

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;

export type LocalCopy =
  | { kind: 'none' }
  /** `version` is another text when it is another file, or was written to. */
  | { kind: 'file'; size: number; mode: number; version: string }
  | { kind: 'link' }
  | { kind: 'other' };

/** What stands at the target now. */
export async function lookAt(folder: TargetFolder, file: string): Promise<LocalCopy> {
  let stats: BigIntStats;
  try {
    stats = await lstat(folder.path(file), { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { kind: 'none' };
    throw localError(error, folder.shown(file));
  }
  const { dev, ino, size, mode, mtimeNs, ctimeNs } = stats;
  const version = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  if (stats.isFile()) return { kind: 'file', size: Number(size), mode: Number(mode), version };
  return { kind: stats.isSymbolicLink() ? 'link' : 'other' };
}

/** Digest of the regular file at the target; a link there is not followed, a FIFO does not block. */
export async function digestOf(
  folder: TargetFolder,
  file: string,
  algorithm: Algorithm,
  options: HashFileOptions = {},
): Promise<string> {
  try {
    const handle = await open(folder.path(file), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile())
        throw new SealiftError('EXISTS', `${folder.shown(file)}: not a regular file`);
      return await hashFile(handle, algorithm, options);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw localError(error, folder.shown(file));
  }
}
