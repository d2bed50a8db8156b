import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { localError, systemCode } from '../errors/index.js';

/** What a user's file holds; null if there is none. @throws SealiftError when it cannot be read */
export function readKept(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null;
    throw localError(error, path);
  }
}

/**
 * Makes a file that only its owner can read. Of several processes that do so at once one makes it, whole or not at all, and all others find
 * that one.
 * @returns what the file holds; null if none can be made
 */
export function keepOnce(path: string, content: string): string | null {
  const written = writeBeside(path, content);
  if (written === null) return null;
  try {
    linkSync(written, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') return null;
  } finally {
    rmSync(written, { force: true });
  }
  return readKept(path);
}

/** Puts a file in the place of another. False if that cannot be done. */
export function keepInstead(path: string, content: string): boolean {
  const written = writeBeside(path, content);
  if (written === null) return false;
  try {
    renameSync(written, path);
    return true;
  } catch {
    rmSync(written, { force: true });
    return false;
  }
}

function writeBeside(path: string, content: string): string | null {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return temporary;
  } catch {
    try {
      rmSync(temporary, { force: true });
    } catch {
      // There is no such folder, or nothing may be removed from it.
    }
    return null;
  }
}
