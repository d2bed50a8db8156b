import { Readable } from 'node:stream';
import { abortedError } from '../errors/index.js';
import type { ConnectionPool } from './connection-pool.js';

/**
 * The bytes of a served file as a stream: each chunk is verified before it comes out. The stream is destroyed with an
 * error before a chunk that stays wrong. Destroying it ends the transfer.
 */
export function readStream(pool: ConnectionPool, name: string, signal: AbortSignal | undefined): Readable {
  const ending = new AbortController();
  let wanted: (() => void) | null = null;
  let isStarted = false;

  const stream = new Readable({
    read() {
      wanted?.();
      if (!isStarted) run().then(finish, (error) => stream.destroy(error));
      isStarted = true;
    },
    destroy(error, callback) {
      signal?.removeEventListener('abort', onAbort);
      ending.abort();
      wanted?.();
      callback(error);
    },
  });
  const onAbort = () => void stream.destroy(abortedError(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return stream;

  async function run(): Promise<void> {
    const { streamFile } = await import('./stream-file.js');
    await streamFile(pool, name, {
      signal: ending.signal,
      onChunk: async (chunk) => {
        if (!stream.push(chunk)) await new Promise<void>((resolve) => (wanted = resolve));
      },
    });
  }

  function finish(): void {
    stream.push(null);
  }
}
