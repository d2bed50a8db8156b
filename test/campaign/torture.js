import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { serve } from '#sealift/index.js';
import { scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';
import { cliFaults } from './torture-cli.js';
import { faultText, judge, judgeNext } from './torture-judge.js';
import { tortureScenarios } from './torture-scenarios.js';

/**
 * @typedef {import('./torture-scenarios.js').Scenario} Scenario
 * @typedef {import('./torture-worker.js').Fault} Fault
 * @typedef {import('./torture-worker.js').Outcome} Outcome
 */

const WORKERS = 2;
const CODES = ['EIO', 'ENOSPC', 'EACCES'];
/** One run in so many is also made with the program itself, for what it tells its user. */
const CLI_SHARE = 40;

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'each file-system call of a fetch fails in turn: once, and from then on',
  fullRuns: 10_000,
  run: async ({ runs, seed, log }) => {
    const random = new SeededRandom(seed);
    const scratch = scratchFolder();
    const storage = join(scratch.path, 'storage');
    mkdirSync(storage);
    const server = await serve(storage, { port: 0 });
    /** @type {TortureThread[]} */
    const threads = [];
    try {
      const scenarios = await tortureScenarios(storage, join(scratch.path, 'before'), server.port);
      for (let n = 0; n < WORKERS; n++) threads.push(new TortureThread());
      const first = /** @type {TortureThread} */ (threads[0]);
      /** @type {{ scenario: Scenario, fault: Fault }[]} */
      const all = [];
      /** @type {string[]} */
      const failures = [];
      const figures = {
        scenarios: scenarios.length,
        calls: 0,
        runs: 0,
        'not reached': 0,
        'exit 0': 0,
        'exit 7': 0,
      };
      const other = { 'exit other': 0, program: 0 };
      for (const scenario of scenarios) {
        const dir = scratch.copyOf(scenario.before);
        const outcome = await first.fetch({ url: server.url, dir, fault: null, ...scenario });
        failures.push(...judge(scenario, dir, outcome).map((why) => `${scenario.title}, no fault: ${why}`));
        if (scenario.title.startsWith('resumed') && outcome.resumedFrom === 0) {
          failures.push(`${scenario.title}: it did not go on from the part file`);
        }
        figures.calls += outcome.labels.length;
        for (const fault of faultsFor(outcome.labels)) all.push({ scenario, fault });
      }
      const chosen = sample(all, runs, random);
      log(`${all.length} faults in ${figures.calls} calls; ${chosen.length} chosen`);
      const jobs = chosen.values();
      const work = async (/** @type {TortureThread} */ thread) => {
        for (const { scenario, fault } of jobs) {
          const dir = scratch.copyOf(scenario.before);
          const outcome = await thread.fetch({ url: server.url, dir, fault, ...scenario });
          figures.runs++;
          if (!outcome.wasHit) figures['not reached']++;
          if (outcome.exitCode === 0) figures['exit 0']++;
          else if (outcome.exitCode === 7) figures['exit 7']++;
          else other['exit other']++;
          for (const why of judge(scenario, dir, outcome)) {
            failures.push(`${scenario.title}, ${faultText(fault)}: ${why}`);
          }
          const again = await thread.fetch({ url: server.url, dir, fault: null, ...scenario });
          for (const why of judgeNext(scenario, dir, again)) {
            failures.push(`${scenario.title}, after ${faultText(fault)}: ${why}`);
          }
          scratch.remove(dir);
          if (figures.runs % 500 === 0) log(`${figures.runs} runs, ${failures.length} failures`);
        }
      };
      await Promise.all(threads.map(work));
      const cliRuns = Math.ceil(chosen.length / CLI_SHARE);
      failures.push(...(await cliFaults({ scenarios, url: server.url, scratch, runs: cliRuns, random })));
      other.program = cliRuns;
      return { figures: { ...figures, ...other }, failures };
    } finally {
      for (const thread of threads) await thread.close();
      server.abort();
      await server.close();
      scratch.remove();
    }
  },
};

/**
 * @param {string[]} labels
 * @returns {Fault[]}
 */
function faultsFor(labels) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  return labels.flatMap((label) => {
    const nth = (counts.get(label) ?? 0) + 1;
    counts.set(label, nth);
    const codes = label.startsWith('write') ? [...CODES, 'SHORT'] : CODES;
    return codes.flatMap((code) => [false, true].map((isLasting) => ({ label, nth, code, isLasting })));
  });
}

/**
 * `count` of the faults; those of calls that are made a few times only come first, as each is a place of its own.
 * @param {{ scenario: Scenario, fault: Fault }[]} all
 * @param {number} count
 * @param {SeededRandom} random
 */
function sample(all, count, random) {
  const isRare = (/** @type {{ fault: Fault }} */ { fault }) => !/^(write|read)/.test(fault.label);
  const keyed = all.map((item) => ({ item, key: random.next() + (isRare(item) ? 0 : 0.7) }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}

/** A thread of its own, so that what fails is the client's disk and not the server's. */
class TortureThread {
  #worker = new Worker(new URL('./torture-worker.js', import.meta.url));

  /**
   * @param {import('./torture-worker.js').Job} job
   * @returns {Promise<Outcome>}
   */
  fetch({ url, name, dir, verb, options, fault }) {
    return new Promise((resolve, reject) => {
      this.#worker.removeAllListeners();
      this.#worker.once('message', resolve).once('error', reject);
      this.#worker.postMessage({ url, name, dir, verb, options, fault });
    });
  }

  async close() {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }
}
