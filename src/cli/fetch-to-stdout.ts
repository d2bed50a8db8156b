import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedFile, FetchOptions, Sealift } from '../client/index.js';
import { abortedError } from '../errors/index.js';
import { printBytes } from './output.js';
import { STDOUT } from './report/fetch-lines.js';

/** Fetches a file whole into a temporary folder, and only then hands it to stdout: a pipe never gets a wrong byte. */
export async function fetchToStdout(
  client: Sealift,
  name: string,
  options: FetchOptions & { signal: AbortSignal },
): Promise<FetchedFile> {
  const { signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sealift-'));
  try {
    const path = join(folder, 'body');
    const file = await client.fetch(name, { ...options, output: path, fsync: false });
    await hand(path, signal);
    return { ...file, path: STDOUT };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hand(path: string, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortedError(signal)), { once: true });
  });
  // Not an error while nobody waits for it.
  aborted.catch(() => {});
  for await (const bytes of createReadStream(path)) {
    if (signal.aborted) throw abortedError(signal);
    if (!(await Promise.race([printBytes(bytes), aborted]))) return;
  }
}
