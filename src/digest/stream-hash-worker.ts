import { parentPort } from 'node:worker_threads';
import { createHasher } from './algorithm.js';
import type { Hasher } from './hasher.js';
import type { StreamHashAnswer, StreamHashJob } from './stream-hash-job.js';

let hashers: Hasher[] = [];
let working: Promise<void> = Promise.resolve();

function answer(message: StreamHashAnswer): void {
  parentPort?.postMessage(message);
}

async function work(job: StreamHashJob): Promise<void> {
  switch (job.kind) {
    case 'begin':
      hashers = await Promise.all(job.algorithms.map(createHasher));
      return;
    case 'update': {
      const bytes = Buffer.from(job.buffer, job.offset, job.length);
      for (const hasher of hashers) hasher.update(bytes);
      return answer({ kind: 'updated' });
    }
    case 'digest':
      return answer({ kind: 'digests', hex: hashers.map((hasher) => hasher.hex()) });
  }
}

parentPort?.on('message', (job: StreamHashJob) => {
  // In order: to begin may take a turn of the event loop.
  working = working.then(() => work(job));
});
