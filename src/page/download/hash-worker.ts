import { TransferError } from './failure.js';
import { FolderSink } from './folder-sink.js';
import { newMd5 } from './md5.js';
import { MemorySink } from './memory-sink.js';
import type { Destination, News, Order, StartMessage } from './messages.js';
import { PickedFileSink } from './picked-file-sink.js';
import type { Sink } from './sink.js';
import { throttle } from './throttle.js';
import { transfer } from './transfer.js';

/** More often than this nobody can read it, in milliseconds. */
const PROGRESS_MS = 100;

/** This program is a worker: what it is asked to fetch is fetched, hashed and kept here, beside the page. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
  postMessage(news: News): void;
};
const running = new Map<number, AbortController>();

scope.onmessage = ({ data }) => {
  if (data.kind === 'start') void run(data);
  else running.get(data.id)?.abort();
};

async function run({ id, href, expected, destination }: StartMessage): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  const progress = throttle(PROGRESS_MS, (received: number, size: number) => {
    scope.postMessage({ kind: 'progress', id, received, size });
  });
  try {
    const sink = sinkFor(destination);
    const tools = { md5: await newMd5(), sink, signal: abort.signal, onProgress: progress.call };
    const verified = await transfer({ href, expected }, tools);
    progress.stop();
    scope.postMessage({ kind: 'verified', id, ...verified });
  } catch (error) {
    progress.stop();
    scope.postMessage({ kind: 'failed', id, failure: failureOf(error) });
  } finally {
    running.delete(id);
  }
}

function sinkFor(destination: Destination): Sink {
  if (destination.kind === 'memory') return new MemorySink(destination.limit);
  if (destination.kind === 'file') return new PickedFileSink(destination.handle);
  return new FolderSink(destination.folder, destination.path);
}

function failureOf(error: unknown) {
  return error instanceof TransferError ? error.failure : ({ kind: 'local', detail: String(error) } as const);
}
