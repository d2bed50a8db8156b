import type { ExpectedDigest } from '../digest/index.js';
import { SealiftError, systemCode } from '../errors/index.js';
import type { ConnectionPool } from './connection-pool.js';
import { Download } from './download.js';
import type { DownloadEvents, Place } from './download-options.js';
import { digestOf, lookAt } from './local-copy.js';
import { existsError } from './part-file.js';
import type { PartFiles } from './part-files.js';
import { remoteStat } from './remote-stat.js';
import { type Retry, withRetry } from './retry.js';
import type { Target } from './target.js';
import { TargetFolder } from './target-folder.js';
import { TargetPlace } from './target-place.js';

export interface FetchEvents extends DownloadEvents {
  /** The file that is here is hashed, to compare it with the server's: `done` of `size` bytes. */
  onComparing?: ((progress: { done: number; size: number }) => void) | undefined;
  onRetry?: ((retry: Retry) => void) | undefined;
}

export interface FetchFileOptions extends FetchEvents {
  parts: PartFiles;
  force: boolean;
  fsync: boolean;
  /** Permissions of the file; default: those of any new file. */
  mode?: number | undefined;
  /** Called when all is verified; what it throws keeps the target as it is. */
  beforePublish?: (() => Promise<void>) | undefined;
  expect?: ExpectedDigest | undefined;
  digest?: 'md5' | 'blake3' | undefined;
  connections?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface FetchedFile {
  /** `skipped`: the local file matched already. */
  status: 'done' | 'skipped';
  name: string;
  /** Where it is. */
  path: string;
  size: number;
  md5: string;
  seconds: number;
  /** Bytes that were there from an earlier try. */
  resumedFrom: number;
}

/** Fetches one file to disk: when it resolves, the target is the announced file; else the target is as it was. */
export async function fetchFile(
  pool: ConnectionPool,
  name: string,
  target: Target,
  options: FetchFileOptions,
): Promise<FetchedFile> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const existing = await withRetry(() => compareExisting(pool, name, target, options), {
    ...pool.retrying,
    signal: options.signal,
    onRetry: options.onRetry,
  });
  if (existing !== null) return { ...existing, seconds: seconds() };
  return { ...(await download(pool, name, target, options)), seconds: seconds() };
}

type Outcome = Omit<FetchedFile, 'seconds'>;

/** `skipped` if the target matches already; null if it may be written; EXISTS if it may not. */
async function compareExisting(
  pool: ConnectionPool,
  name: string,
  target: Target,
  { parts, force, fsync, expect, signal, onHashing, onComparing }: FetchFileOptions,
): Promise<Outcome | null> {
  const folder = await TargetFolder.open(target.base, target.segments, false);
  if (folder === null) return null;
  try {
    const path = folder.shown(target.file);
    const copy = await lookAt(folder, target.file);
    if (copy.kind === 'none') return null;
    if (copy.kind === 'link' && force) return null;
    // Asked even where nothing can be compared: the name may be none of a file, but of a folder that is here too.
    const remote = await pool.use(signal, (connection) => remoteStat(connection, name, { onHashing }));
    if (copy.kind === 'other')
      throw new SealiftError('EXISTS', `${path}: a folder or special file is in the way`);
    if (copy.kind === 'file') {
      const { size, md5 } = remote;
      const onProgress = (done: number) => onComparing?.({ done, size });
      if (
        size === copy.size &&
        (await digestOf(folder, target.file, 'md5', { signal, onProgress })) === md5
      ) {
        await requireExpected(folder, target.file, name, expect, signal);
        // One that was killed while it published may have left the part file as well, and the name not synced.
        await parts.remove(folder, target.file);
        if (fsync) await folder.sync(target.file);
        return { status: 'skipped', name, path, size, md5, resumedFrom: 0 };
      }
    }
    if (force) return null;
    if (copy.kind === 'file') throw existsError(path);
    throw new SealiftError(
      'EXISTS',
      `${path}: a symbolic link is in the way; replace the link itself with --force`,
    );
  } finally {
    await folder.close();
  }
}

async function requireExpected(
  folder: TargetFolder,
  file: string,
  name: string,
  expect: ExpectedDigest | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (expect === undefined) return;
  const found = await digestOf(folder, file, expect.algorithm, { signal });
  if (found === expect.hex) return;
  throw new SealiftError(
    'CORRUPT',
    `${name}: the server's file and ${folder.shown(file)} are the same, but not the expected one: ${expect.algorithm} ${found}`,
  );
}

async function download(
  pool: ConnectionPool,
  name: string,
  target: Target,
  options: FetchFileOptions,
): Promise<Outcome> {
  const place = new TargetPlace(target, options.parts, options.fsync);
  try {
    return await downloadTo(place, pool, name, options);
  } finally {
    await place.close();
  }
}

/** Downloads to `place`, verifies, publishes; what is of use of a download that failed stays in its part file. */
export async function downloadTo(
  place: Place,
  pool: ConnectionPool,
  name: string,
  options: Omit<FetchFileOptions, 'parts'>,
): Promise<Outcome> {
  const { force, fsync, mode, signal, onRetry } = options;
  const running = new Download(pool, name, place, options);
  try {
    const { part, size, md5, mtime } = await withRetry(() => running.attempt(), {
      ...pool.retrying,
      signal,
      onRetry,
      progress: () => running.haveBytes,
      mayRetry: (error) => pool.everReached && !(running.cameWrong && error.code === 'TIMEOUT'),
    });
    const folder = await place.folder();
    const path = folder.shown(place.file);
    await options.beforePublish?.();
    try {
      await part.publish({ force, fsync, mtime, mode });
    } catch (error) {
      // Somebody else brought the same file here meanwhile: that is the file that was wanted.
      const isThere =
        systemCode(error) === 'EXISTS' && (await digestOf(folder, place.file, 'md5', { signal })) === md5;
      if (!isThere) throw error;
      await requireExpected(folder, place.file, name, options.expect, signal);
      if (fsync) await folder.sync(place.file);
    }
    return { status: 'done', name, path, size, md5, resumedFrom: running.resumedFrom };
  } catch (error) {
    throw await leave(running, place, error);
  } finally {
    running.close();
  }
}

/** Errors that say nothing against what is there already. */
const INNOCENT = new Set(['NETWORK', 'TIMEOUT', 'BUSY', 'ABORTED', 'INTERNAL', 'NOT_FOUND', 'FORBIDDEN']);
/** What a server may come to that sent a damaged file. */
const EXCUSES = new Set(['NETWORK', 'TIMEOUT', 'BUSY', 'INTERNAL', 'PROTOCOL', 'UNSUPPORTED', 'BAD_REQUEST']);

/** Keeps the part file, or removes it; returns the error to tell. */
async function leave(running: Download, place: Place, error: unknown): Promise<unknown> {
  const code = systemCode(error) ?? '';
  await running.settled();
  if (running.cameWrong && EXCUSES.has(code)) {
    await running.part?.discard();
    return running.cameWrong;
  }
  if (!INNOCENT.has(code) || !running.isResumable) {
    await running.part?.discard();
    return error;
  }
  await running.part?.keep();
  place.onKept();
  const { code: same, message } = error as SealiftError;
  return new SealiftError(same, `${message}; what has come is kept, and the next fetch goes on from there`, {
    cause: error,
  });
}
