import { TransferError } from './failure.js';
import type { News, StartMessage } from './messages.js';
import type { Verified } from './transfer.js';

export interface TransferOptions {
  signal: AbortSignal;
  onProgress?: ((received: number, size: number) => void) | undefined;
}

interface Waiting {
  onProgress: TransferOptions['onProgress'];
  resolve: (verified: Verified) => void;
  reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let worker: Worker | undefined;
let lastId = 0;

/**
 * Has a file fetched and verified beside the page.
 * @throws TransferError; then nothing is kept
 */
export function transferInWorker(
  order: Omit<StartMessage, 'kind' | 'id'>,
  { signal, onProgress }: TransferOptions,
): Promise<Verified> {
  if (signal.aborted) return Promise.reject(new TransferError({ kind: 'cancelled' }));
  const id = ++lastId;
  const to = (worker ??= startWorker());
  const cancel = () => to.postMessage({ kind: 'cancel', id });
  signal.addEventListener('abort', cancel);
  const verified = new Promise<Verified>((resolve, reject) => {
    waiting.set(id, { onProgress, resolve, reject });
  });
  to.postMessage({ kind: 'start', id, ...order });
  return verified.finally(() => {
    signal.removeEventListener('abort', cancel);
    waiting.delete(id);
  });
}

function startWorker(): Worker {
  const started = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<News>) => {
    const one = waiting.get(data.id);
    if (data.kind === 'progress') one?.onProgress?.(data.received, data.size);
    else if (data.kind === 'failed') one?.reject(new TransferError(data.failure));
    else one?.resolve({ md5: data.md5, size: data.size, saved: data.saved });
  };
  started.onerror = (event) => {
    event.preventDefault();
    started.terminate();
    worker = undefined;
    const detail = event.message || 'the server did not send the part of the page that verifies';
    for (const { reject } of [...waiting.values()]) reject(new TransferError({ kind: 'local', detail }));
  };
  return started;
}
