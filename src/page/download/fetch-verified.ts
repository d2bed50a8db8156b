import { TransferError } from './failure.js';
import type { RemoteFile } from './remote-file.js';
import { transferInWorker } from './worker-client.js';

/** Shown as the page's own, these could run scripts. */
const ACTIVE = /html|xml|script|svg/i;
const LIMIT = 64 << 20;

/** What arrived is not the file that the server announced. */
export class VerificationError extends Error {
  constructor(
    readonly expected: string,
    readonly received: string,
  ) {
    super(`MD5 ${received} arrived in place of ${expected}`);
    this.name = 'VerificationError';
  }
}

interface FetchVerifiedOptions {
  signal?: AbortSignal;
  onProgress?: (bytes: number) => void;
  /** Larger files are refused; in bytes, by default 64 MiB. */
  limit?: number;
}

/**
 * Bytes of a file, verified by MD5, for a preview. Their type is that of the listing, or plain text for what could run scripts.
 * @throws VerificationError | TransferError
 */
export async function fetchVerified(
  { href, size, md5, type }: RemoteFile,
  { signal = new AbortController().signal, onProgress, limit = LIMIT }: FetchVerifiedOptions = {},
): Promise<Blob> {
  if (size > limit) throw new TransferError({ kind: 'too-large', limit });
  try {
    const { saved } = await transferInWorker(
      { href, expected: { size, md5 }, destination: { kind: 'memory', limit } },
      { signal, onProgress },
    );
    return new Blob(saved.blob ? [saved.blob] : [], { type: ACTIVE.test(type) ? 'text/plain' : type });
  } catch (error) {
    if (error instanceof TransferError && error.failure.kind === 'damaged') {
      throw new VerificationError(error.failure.expected, error.failure.received);
    }
    throw error;
  }
}
