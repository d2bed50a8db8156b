import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { FileHasher } from './file-hasher.js';
import { type HashAnswer, type HashJob, jobState } from './hash-job.js';

const buffer = Buffer.allocUnsafeSlow(1 << 20);

async function run({ fd, size, state }: HashJob): Promise<HashAnswer> {
  const { cancel, done } = jobState(state);
  const hasher = await FileHasher.create(size);
  let position = 0;
  while (position < size) {
    if (Atomics.load(cancel, 0) === 1) return { kind: 'cancelled' };
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - position), position);
    if (count === 0) return { kind: 'short' };
    hasher.update(buffer.subarray(0, count));
    position += count;
    done[0] = position;
  }
  return { kind: 'done', ...(await hasher.digests()) };
}

function failed(error: NodeJS.ErrnoException): HashAnswer {
  return { kind: 'failed', code: error.code, message: error.message };
}

parentPort?.on('message', async (job: HashJob) => {
  const answer = await run(job).catch(failed);
  const handedOver = answer.kind === 'done' && answer.manifest ? [answer.manifest.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(answer, handedOver);
});
