import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { type HashAnswer, type HashJob, jobState } from './hash-job.js';

const buffer = Buffer.allocUnsafeSlow(1 << 20);

function run({ fd, size, state }: HashJob): HashAnswer {
  const { cancel, done } = jobState(state);
  const hash = createHash('md5');
  let position = 0;
  while (position < size) {
    if (Atomics.load(cancel, 0) === 1) return { kind: 'cancelled' };
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - position), position);
    if (count === 0) return { kind: 'short' };
    hash.update(buffer.subarray(0, count));
    position += count;
    done[0] = position;
  }
  return { kind: 'done', md5: hash.digest('hex') };
}

parentPort?.on('message', (job: HashJob) => {
  let answer: HashAnswer;
  try {
    answer = run(job);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    answer = { kind: 'failed', code, message };
  }
  parentPort?.postMessage(answer);
});
