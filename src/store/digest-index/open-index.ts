import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DigestIndex, IndexKind } from './digest-index.js';
import { LmdbIndex } from './lmdb-index.js';
import { MemoryIndex } from './memory-index.js';

/** Hidden, so never served. */
export const INDEX_FOLDER = '.sealift';

/**
 * Opens the index of the storage at `root` (a real path): in `.sealift/` inside it, or where that cannot be
 * written in the user's cache folder, or else in memory.
 */
export function openIndex(root: string, env: NodeJS.ProcessEnv = process.env): DigestIndex {
  return (
    openIn(join(root, INDEX_FOLDER), 'storage') ??
    openIn(join(cacheFolder(env), 'sealift', createHash('md5').update(root).digest('hex')), 'cache') ??
    new MemoryIndex()
  );
}

/** `XDG_CACHE_HOME` of the XDG Base Directory Specification, else `~/.cache`. */
function cacheFolder(env: NodeJS.ProcessEnv): string {
  const folder = env.XDG_CACHE_HOME;
  return folder?.startsWith('/') ? folder : join(env.HOME ?? homedir(), '.cache');
}

function openIn(folder: string, kind: IndexKind): DigestIndex | null {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    return null;
  }
  try {
    return new LmdbIndex(folder, kind);
  } catch (error) {
    return DAMAGED.test(String(error)) ? reopenAnew(folder, kind) : null;
  }
}

/** What LMDB says of a file that is not, or no longer, a database of its own. */
const DAMAGED = /MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/;

/** A damaged index is worth nothing: it is a cache. */
function reopenAnew(folder: string, kind: IndexKind): DigestIndex | null {
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new LmdbIndex(folder, kind);
  } catch {
    return null;
  }
}
