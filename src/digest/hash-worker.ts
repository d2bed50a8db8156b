import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { FileHasher } from './file-hasher.js';
import { type HashAnswer, type HashJob, jobState } from './hash-job.js';

const buffer = Buffer.allocUnsafeSlow(1 << 20);
/** Read at a time where a rate is kept to, at least: a tenth of a second's worth, but not bytes. */
const PIECE_MIN = 4_096;

async function run({ fd, size, rate, state }: HashJob): Promise<HashAnswer> {
  const { cancel, done } = jobState(state);
  const hasher = await FileHasher.create(size);
  const most = rate === null ? buffer.length : Math.min(buffer.length, Math.max(PIECE_MIN, rate / 10));
  const startedAt = performance.now();
  let position = 0;
  while (position < size) {
    if (Atomics.load(cancel, 0) === 1) return { kind: 'cancelled' };
    const count = readSync(fd, buffer, 0, Math.min(Math.floor(most), size - position), position);
    if (count === 0) return { kind: 'short' };
    hasher.update(buffer.subarray(0, count));
    position += count;
    done[0] = position;
    const early = rate === null ? 0 : (position / rate) * 1_000 - (performance.now() - startedAt);
    // Ends at once when the job is cancelled.
    if (early > 0) Atomics.wait(cancel, 0, 0, early);
  }
  return { kind: 'done', ...(await hasher.digests()) };
}

function failed(error: NodeJS.ErrnoException): HashAnswer {
  return { kind: 'failed', code: error.code, message: error.message };
}

parentPort?.on('message', async (job: HashJob) => {
  const answer = await run(job).catch(failed);
  // Copied: Node 24 does not let the memory of every Buffer change hands.
  parentPort?.postMessage(answer);
});
