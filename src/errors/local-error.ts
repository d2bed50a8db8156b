import type { ErrorCode } from './codes.js';
import { SealiftError, systemCode } from './sealift-error.js';

const MEANINGS: Record<string, { code: ErrorCode; says: string }> = {
  ENOSPC: { code: 'NO_SPACE', says: 'no space left on the disk; free some and try again' },
  EDQUOT: { code: 'NO_SPACE', says: 'disk quota exceeded; free some and try again' },
  EFBIG: { code: 'NO_SPACE', says: 'the file system cannot hold a file of this size' },
  EACCES: { code: 'PERMISSION', says: 'permission denied' },
  EPERM: { code: 'PERMISSION', says: 'not permitted' },
  EROFS: { code: 'PERMISSION', says: 'the file system is read-only' },
  EIO: { code: 'LOCAL_IO', says: 'the disk reports an input/output error' },
  EXDEV: { code: 'LOCAL_IO', says: 'the folder changed to another file system meanwhile' },
  EMFILE: { code: 'LOCAL_IO', says: 'too many open files; raise the limit with ulimit -n' },
  ENOTDIR: { code: 'EXISTS', says: 'a file stands where a folder is needed' },
  ELOOP: { code: 'EXISTS', says: 'a symbolic link stands in the way; Sealift does not write through links' },
  ENAMETOOLONG: { code: 'LOCAL_IO', says: 'the name is too long for this file system' },
  ENOENT: { code: 'LOCAL_IO', says: 'no such file or folder' },
  EISDIR: { code: 'EXISTS', says: 'a folder stands there' },
};

/** Turns a failed file operation on this machine into a {@link SealiftError}; passes such an error through. */
export function localError(error: unknown, path: string): SealiftError {
  if (error instanceof SealiftError) return error;
  const system = systemCode(error);
  const meaning = system === undefined ? undefined : MEANINGS[system];
  if (meaning === undefined && system === undefined) throw error;
  const says = meaning?.says ?? `failed (${system})`;
  return new SealiftError(meaning?.code ?? 'LOCAL_IO', `${path}: ${says}`, { cause: error });
}
