import type { ExpectedDigest } from '../digest/index.js';
import { SealiftError, systemCode } from '../errors/index.js';
import type { HashingProgress } from '../protocol/index.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import type { DeadPartFiles } from './dead-part-files.js';
import { digestOf, lookAt } from './local-copy.js';
import { existsError, PartFile } from './part-file.js';
import { type FileHeader, receiveFile, requestFile } from './receive-file.js';
import { remoteStat } from './remote-stat.js';
import { type Retry, withRetry } from './retry.js';
import type { Target } from './target.js';
import { TargetFolder } from './target-folder.js';

export interface FetchEvents {
  /** The server announced the file; `size` in bytes. */
  onStart?: ((file: { size: number; type: string }) => void) | undefined;
  /** `bytes` received so far. After a broken connection it starts again from the bytes that were kept. */
  onProgress?: ((progress: { bytes: number; size: number }) => void) | undefined;
  /** The server hashes the file first. */
  onHashing?: ((progress: HashingProgress) => void) | undefined;
  onRetry?: ((retry: Retry) => void) | undefined;
}

export interface FetchFileOptions extends FetchEvents {
  parts: DeadPartFiles;
  force: boolean;
  fsync: boolean;
  expect?: ExpectedDigest | undefined;
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
  const retrying = {
    signal: options.signal,
    onRetry: options.onRetry,
    mayRetry: () => pool.everConnected,
  };
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const existing = await withRetry(() => compareExisting(pool, name, target, options), retrying);
  if (existing !== null) return { ...existing, seconds: seconds() };
  const done = await withRetry(() => download(pool, name, target, options), retrying);
  return { ...done, seconds: seconds() };
}

type Outcome = Omit<FetchedFile, 'seconds'>;

/** `skipped` if the target matches already; null if it may be written; EXISTS if it may not. */
async function compareExisting(
  pool: ConnectionPool,
  name: string,
  target: Target,
  { force, expect, signal, onHashing }: FetchFileOptions,
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
      if (size === copy.size && (await digestOf(folder, target.file, 'md5', signal)) === md5) {
        await requireExpected(folder, target.file, name, expect, signal);
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
  const found = await digestOf(folder, file, expect.algorithm, signal);
  if (found === expect.hex) return;
  throw new SealiftError(
    'CORRUPT',
    `${name}: the server's file and ${folder.shown(file)} are the same, but not the expected one: ${expect.algorithm} ${found}`,
  );
}

function download(
  pool: ConnectionPool,
  name: string,
  target: Target,
  options: FetchFileOptions,
): Promise<Outcome> {
  return pool.use(options.signal, async (connection) => {
    const header = await requestFile(connection, name);
    // Only now: a name that the server does not have leaves no empty folders.
    const folder = await TargetFolder.open(target.base, target.segments, true, options.fsync);
    try {
      return await receiveInto(folder, target.file, connection, header, options);
    } finally {
      await folder.close();
    }
  });
}

async function receiveInto(
  folder: TargetFolder,
  file: string,
  connection: Connection,
  header: FileHeader,
  { parts, force, fsync, expect, signal, onStart, onProgress }: FetchFileOptions,
): Promise<Outcome> {
  const { name, type, size, mtime } = header;
  // Before the room is looked at: dead ones may take it up.
  await parts.remove(folder, file);
  await folder.ensureFree(size, file);
  const part = await PartFile.create(folder, file);
  const outcome = { name, path: folder.shown(file), size, resumedFrom: 0 };
  let bytes = 0;
  try {
    onStart?.({ size, type });
    onProgress?.({ bytes, size });
    const onPiece = async (piece: Buffer) => {
      await part.write(piece);
      bytes += piece.length;
      onProgress?.({ bytes, size });
    };
    const md5 = await receiveFile(connection, header, { expect, onPiece });
    try {
      await part.publish({ force, fsync, mtime });
    } catch (error) {
      // Somebody else brought the same file here meanwhile: that is the file that was wanted.
      const isThere = systemCode(error) === 'EXISTS' && (await digestOf(folder, file, 'md5', signal)) === md5;
      if (!isThere) throw error;
    }
    return { ...outcome, status: 'done', md5 };
  } catch (error) {
    await part.discard();
    throw error;
  }
}
