import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FetchedFile, FetchOptions, Sealift } from '../client/index.js';
import { abortedError, systemCode } from '../errors/index.js';

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
    await pipeline(createReadStream(path), process.stdout, { end: false, signal }).catch((error) => {
      // Whoever reads the pipe has had enough.
      if (signal.aborted) throw abortedError(signal);
      if (systemCode(error) !== 'EPIPE') throw error;
    });
    return { ...file, path: '-' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
