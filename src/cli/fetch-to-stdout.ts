import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedFile, FetchOptions, Sealift } from '../client/index.js';
import { parseExpectedDigest } from '../digest/index.js';
import { abortedError, localError, systemCode } from '../errors/index.js';
import { printBytes } from './output.js';
import { STDOUT } from './report/fetch-lines.js';

type ToStdoutOptions = FetchOptions & { signal: AbortSignal };

/**
 * Writes a file to stdout, chunk by chunk, each verified before. Null if its reader wanted no more (`| head`). With an
 * expected digest other than the MD5, which is known only at the end, the file is fetched into a temporary folder first: a pipe
 * never gets a wrong byte.
 */
export async function fetchToStdout(
  client: Sealift,
  name: string,
  options: ToStdoutOptions,
): Promise<FetchedFile | null> {
  const { expect } = options;
  const isKnownAtStart = expect === undefined || parseExpectedDigest(expect).algorithm === 'md5';
  if (!isKnownAtStart) return spoolToStdout(client, name, options);
  let isBegun = false;
  try {
    return await streamToStdout(client, name, options, () => (isBegun = true));
  } catch (error) {
    // A server that tells no chunk digests says so before the first byte.
    if (systemCode(error) !== 'UNSUPPORTED' || isBegun) throw error;
    return spoolToStdout(client, name, options);
  }
}

async function streamToStdout(
  client: Sealift,
  name: string,
  { expect, signal, onStart, onProgress, onHashing, onRetry, onRepair }: ToStdoutOptions,
  onFirst: () => void,
): Promise<FetchedFile | null> {
  const startedAt = performance.now();
  const closed = new AbortController();
  try {
    const { size, md5 } = await client.stream(name, {
      ...(expect === undefined ? {} : { expect }),
      signal: AbortSignal.any([signal, closed.signal]),
      onStart,
      onProgress,
      onHashing,
      onRetry,
      onRepair,
      onChunk: async (chunk) => {
        onFirst();
        if (!(await orAborted(printBytes(chunk), signal))) closed.abort();
      },
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    return { status: 'done', name, path: STDOUT, size, md5, seconds, resumedFrom: 0 };
  } catch (error) {
    if (closed.signal.aborted) return null;
    throw error;
  }
}

async function spoolToStdout(
  client: Sealift,
  name: string,
  options: ToStdoutOptions,
): Promise<FetchedFile | null> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-')).catch((error) => {
    throw localError(error, tmpdir());
  });
  try {
    const path = join(folder, 'body');
    const file = await client.fetch(name, { ...options, output: path, fsync: false });
    for await (const bytes of createReadStream(path)) {
      if (!(await orAborted(printBytes(bytes), options.signal))) return null;
    }
    return { ...file, path: STDOUT };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A reader that does not read must not keep Ctrl-C from working. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
