import { Readable } from 'node:stream';
import { abortedError } from '../errors/index.js';
import type { ConnectionPool } from './connection-pool.js';
import { receiveFile, requestFile } from './receive-file.js';

/**
 * The bytes of a served file as a stream that ends only if they were the announced ones: it holds the last piece
 * back until the digest matched, and is destroyed with an error otherwise. Whoever reads it must not rely on
 * anything before its end. Destroying it ends the transfer.
 */
export function readStream(pool: ConnectionPool, name: string, signal: AbortSignal | undefined): Readable {
  const ending = new AbortController();
  let held: Buffer | null = null;
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

  function run(): Promise<void> {
    return pool.use(ending.signal, async (connection) => {
      const header = await requestFile(connection, name);
      await receiveFile(connection, header, {
        onPiece: async (piece) => {
          const before = held;
          held = piece;
          if (before && !stream.push(before)) await new Promise<void>((resolve) => (wanted = resolve));
        },
      });
    });
  }

  function finish(): void {
    if (held) stream.push(held);
    stream.push(null);
  }
}
