import { Worker } from 'node:worker_threads';
import { fuzzLive } from './fuzz-live.js';

const WORKERS = 2;
/** For so many inputs to the codec, one connection to a server. */
const INPUTS_PER_CONNECTION = 500;
const CONNECTIONS_MIN = 100;
const SLOW_MS = 1_000;
const GROWTH_MAX = 20 << 20;
const LOG_EVERY = 1_000_000;

/**
 * Inputs to the codec, shared among worker threads.
 * @param {import('./campaign.js').CampaignOptions} options
 */
async function fuzzCodec({ runs, seed, log }) {
  let inputs = 0;
  const shares = Array.from({ length: WORKERS }, (_, first) => {
    const workerData = { seed, first, step: WORKERS, runs };
    const worker = new Worker(new URL('./fuzz-decoder-worker.js', import.meta.url), { workerData });
    return new Promise((resolve, reject) => {
      worker.on('message', (message) => {
        if (message.tally) return resolve(message);
        inputs += message.inputs;
        if (inputs % LOG_EVERY === 0) log(`fuzz: ${inputs} inputs`);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`a worker ended with ${code}, seed ${seed}`)));
    });
  });
  return Promise.all(shares);
}

/** @param {number} runs */
const connectionsFor = (runs) => Math.max(CONNECTIONS_MIN, Math.ceil(runs / INPUTS_PER_CONNECTION));

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'garbage for the codec, each result held against the rules, and for a real server',
  fullRuns: 10_000_000,
  // The codec is the same; only connections are made.
  hasTls: true,
  run: async (options) => {
    const { runs, seed, log, tls = false } = options;
    if (tls) return fuzzLive({ connections: connectionsFor(runs), seed, tls, log });
    /** @type {{ tally: Record<string, number>, failures: string[] }[]} */
    const shares = await fuzzCodec(options);
    const sum = (/** @type {string} */ what) =>
      shares.reduce((total, { tally }) => total + (tally[what] ?? 0), 0);
    const most = (/** @type {string} */ what) => Math.max(...shares.map(({ tally }) => tally[what] ?? 0));
    const failures = shares.flatMap((share) => share.failures);
    if (most('slowest') > SLOW_MS)
      failures.push(`seed ${seed}: an input took ${most('slowest').toFixed(0)} ms`);
    if (most('heapGrowth') > GROWTH_MAX)
      failures.push(`seed ${seed}: the codec grew by ${most('heapGrowth')} bytes`);
    const live = await fuzzLive({ connections: connectionsFor(runs), seed, tls, log });
    return {
      figures: {
        inputs: sum('inputs'),
        headers: sum('frames'),
        'taken whole': sum('taken'),
        refused: sum('refused'),
        'slowest input ms': Math.round(most('slowest')),
        'codec growth KiB': Math.round(most('heapGrowth') / 1_024),
        ...live.figures,
      },
      failures: [...failures, ...live.failures],
    };
  },
};
