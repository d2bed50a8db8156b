import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DigestIndex, IndexKind } from './digest-index.js';
import { INDEX_FILE, LmdbIndex } from './lmdb-index.js';
import { MemoryIndex } from './memory-index.js';

/** Hidden, so never served. */
const INDEX_FOLDER = '.sealift';

/**
 * Opens the index of the storage at `root` (a real path): in `.sealift/` inside it, or where that cannot be
 * written in the user's cache folder, or else in memory.
 */
export async function openIndex(root: string, env: NodeJS.ProcessEnv = process.env): Promise<DigestIndex> {
  const ofRoot = createHash('md5').update(root).digest('hex');
  return (
    (await openIn(join(root, INDEX_FOLDER), 'storage')) ??
    (await openIn(join(cacheFolder(env), 'sealift', ofRoot), 'cache')) ??
    new MemoryIndex()
  );
}

/** `XDG_CACHE_HOME` of the XDG Base Directory Specification, else `~/.cache`. */
function cacheFolder(env: NodeJS.ProcessEnv): string {
  const folder = env.XDG_CACHE_HOME;
  return folder?.startsWith('/') ? folder : join(env.HOME ?? homedir(), '.cache');
}

async function openIn(folder: string, kind: IndexKind): Promise<DigestIndex | null> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // A damaged index is worth nothing: it is a cache.
    if (existsSync(join(folder, INDEX_FILE)) && (await isDamaged(folder))) empty(folder);
    return new LmdbIndex(folder, kind);
  } catch {
    return null;
  }
}

const PROBE = fileURLToPath(new URL('./index-probe.js', import.meta.url));
const PROBE_MS = 30_000;

/** How a process ends that touches what is not there, or that LMDB stops. */
const CRASHES = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP']);

/**
 * True if a process that reads the index says so, or crashes on it. One that was ended from outside, or waits for another
 * process, says nothing; rot marks must not be lost for it.
 */
function isDamaged(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    // Of a group of its own, so that Ctrl-C in a terminal does not end it in the middle.
    const probe = spawn(process.execPath, [PROBE, folder], { detached: true, stdio: 'ignore' });
    const timer = setTimeout(() => probe.kill('SIGKILL'), PROBE_MS);
    const settle = (damaged: boolean) => {
      clearTimeout(timer);
      resolve(damaged);
    };
    // No process could be started, and nothing is known.
    probe.on('error', () => settle(false));
    probe.on('exit', (code, signal) => settle(code === 1 || (signal !== null && CRASHES.has(signal))));
  });
}

function empty(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}
