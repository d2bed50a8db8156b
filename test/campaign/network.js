import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect, serve } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { DAMAGING, damagingFaults, harmlessFaults } from './network-faults.js';
import { fetchAgain, jobs } from './network-jobs.js';
import { fillStorage, pickFile } from './network-storage.js';
import { linkTo, newCertificate } from './over-tls.js';
import { quickFolder, scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';
import { within } from './within.js';

/**
 * @typedef {import('./network-jobs.js').Result} Result
 * @typedef {import('./network-faults.js').Faults} Faults
 * @typedef {import('./network-storage.js').Served} Served
 */

const IN_FLIGHT = 32;
const DAMAGING_SHARE = 0.93;
const JOBS = [
  ...Array(66).fill('fetch'),
  ...Array(14).fill('fetch -f'),
  ...Array(9).fill('read'),
  ...Array(4).fill('verify'),
  ...Array(4).fill('repair'),
  ...Array(3).fill('list'),
];
const AGAIN_SHARE = 0.7;
/** For runs that may not fail: however busy the machine is. */
const PATIENT = { timeout: 20_000, retries: 5, retryDelay: 1 };
const HANGS_MS = 60_000;

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'fetches, reads and verifications through a proxy that damages, cuts, stalls and slows',
  fullRuns: 50_000,
  hasTls: true,
  run: async ({ runs, seed, log, tls = false }) => {
    const network = new Network(tls ? newCertificate() : null);
    try {
      await network.start();
      let next = 0;
      const work = async () => {
        for (let run = next++; run < runs; run = next++) {
          await network.one(run, seed + run);
          if ((run + 1) % 2_500 === 0) log(`${run + 1} runs, ${network.failures.length} failures`);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, work));
      return { figures: network.figures(), failures: network.failures };
    } finally {
      await network.close();
    }
  },
};

class Network {
  /** @type {string[]} */
  failures = [];
  #scratch = scratchFolder(quickFolder());
  /** @type {Awaited<ReturnType<typeof serve>> | undefined} */
  #server;
  /** @type {ReturnType<typeof fillStorage> | undefined} */
  #storage;
  #counts = {
    runs: 0,
    damaging: 0,
    good: 0,
    'wrong files accepted': 0,
    'unfinished files under a final name': 0,
    'good runs failed': 0,
    'succeeded in spite of damage': 0,
    repaired: 0,
    retried: 0,
    'failed cleanly': 0,
    'second fetches': 0,
    resumed: 0,
    'old files kept': 0,
    'other mtime': 0,
    'false alarms': 0,
    'other listings': 0,
  };
  /** @type {Map<string, number>} */
  #codes = new Map();
  /** @type {Map<string, number>} */
  #faults = new Map();

  #certificate;

  /** @param {ReturnType<typeof newCertificate> | null} certificate null for a server without TLS */
  constructor(certificate) {
    this.#certificate = certificate;
  }

  async start() {
    const folder = join(this.#scratch.path, 'storage');
    mkdirSync(folder);
    this.#storage = fillStorage(folder);
    this.#server = await serve(folder, {
      port: 0,
      limits: { maxConnections: 10_000 },
      ...(this.#certificate ? { tls: this.#certificate } : {}),
    });
    // Each is hashed once, now: a listing is then the same each time.
    const client = await connect(this.#server.url);
    for (const { name } of this.#storage.all) await client.stat(name);
    client.close();
  }

  async close() {
    this.#server?.abort();
    await this.#server?.close();
    this.#scratch.remove();
  }

  figures() {
    const sorted = (/** @type {Map<string, number>} */ counts, /** @type {string} */ prefix) =>
      Object.fromEntries(
        [...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => [prefix + what, count]),
      );
    return { ...this.#counts, ...sorted(this.#codes, ''), ...sorted(this.#faults, 'hit by ') };
  }

  /**
   * @param {number} run
   * @param {number} seed of this run alone: it is repeated with `--runs 1` and this seed
   */
  async one(run, seed) {
    const storage = /** @type {NonNullable<typeof this.#storage>} */ (this.#storage);
    const random = new SeededRandom(seed);
    const job = random.pick(JOBS);
    const served = pickFile(storage, random);
    const isDamaging = random.chance(DAMAGING_SHARE);
    // A listing is as long as a small file; for a verification no more than a header is sent.
    const size = job === 'list' ? 2_500 : job === 'verify' ? 0 : served.size;
    const faults = isDamaging ? damagingFaults(random, size) : harmlessFaults(random, size);
    const hasty = { timeout: random.integer(150, 400), retries: random.pick([0, 0, 1, 2, 4]), retryDelay: 1 };
    const where = `run ${run} (--runs 1 --seed ${seed}): ${job} of ${served.name}, ${faults.text}`;
    const surroundings = { served, storage, random, seed, job, faults, where };
    // A hasty run that fails before anything hit it says no more than that the machine is busy: it is made again, with
    // more time.
    for (let patience = isDamaging ? hasty : PATIENT; ; patience = longer(patience)) {
      if (await this.#inTime(this.#attempt({ ...surroundings, patience }), where)) return;
    }
  }

  /**
   * @param {Promise<boolean>} work
   * @param {string} where
   */
  async #inTime(work, where) {
    try {
      return await within(HANGS_MS, work);
    } catch (error) {
      this.failures.push(`${where}: ${error instanceof Error ? error.stack : error}`);
      return true;
    }
  }

  /**
   * Does the job, judges and counts; false if it is to be done again.
   * @param {Omit<import('./network-jobs.js').Surroundings, 'url' | 'dir'> & { job: string, faults: Faults, seed: number,
   *   where: string }} options
   */
  async #attempt({ job, faults, seed, where, ...rest }) {
    const proxy = await startProxy(this.#server?.port ?? 0, faults.toxics, { seed });
    const dir = this.#scratch.newFolder();
    const surroundings = { ...rest, url: linkTo(proxy.url, this.#certificate), dir };
    const isHit = () => proxy.hits.some(({ kind }) => DAMAGING.has(kind));
    try {
      const doJob = /** @type {import('./network-jobs.js').Job} */ (jobs[job]);
      const result = await doJob(surroundings);
      const isInHaste = surroundings.patience.timeout < PATIENT.timeout;
      if (!isHit() && result.code !== null && result.wrong.length === 0 && isInHaste) return false;
      this.#count(result, isHit(), where);
      for (const kind of new Set(proxy.hits.map((hit) => hit.kind))) add(this.#faults, kind);
      if (job === 'fetch -f' && result.code !== null && result.wrong.length === 0)
        this.#counts['old files kept']++;
      const mayTryAgain =
        job.startsWith('fetch') && result.code !== null && surroundings.random.chance(AGAIN_SHARE);
      if (mayTryAgain) await this.#again(surroundings, proxy, where);
      return true;
    } finally {
      proxy.close();
      this.#scratch.remove(dir);
    }
  }

  /**
   * After a failure, the same into the same folder: over a line that is good by now, or is as bad as before.
   * @param {import('./network-jobs.js').Surroundings} surroundings
   * @param {import('../fault/proxy.js').Proxy} proxy
   * @param {string} where
   */
  async #again(surroundings, proxy, where) {
    const isHealed = surroundings.random.chance(0.7);
    if (isHealed) proxy.replace([]);
    const patience = isHealed ? PATIENT : surroundings.patience;
    const result = await fetchAgain({ ...surroundings, patience });
    this.#counts['second fetches']++;
    const says = `${where}, and again${isHealed ? ', healed' : ''}`;
    this.#judge(result, says);
    if (isHealed && result.code !== null) this.failures.push(`${says}: ${result.code}: ${result.message}`);
  }

  /**
   * @param {Result} result
   * @param {boolean} isHit
   * @param {string} where
   */
  #count(result, isHit, where) {
    const counts = this.#counts;
    counts.runs++;
    counts[isHit ? 'damaging' : 'good']++;
    if (isHit && result.code === null) counts['succeeded in spite of damage']++;
    if (isHit && result.code !== null) {
      counts['failed cleanly'] += result.wrong.length === 0 ? 1 : 0;
      add(this.#codes, result.code);
    }
    if (!isHit && (result.code !== null || hasOther(result))) {
      counts['good runs failed']++;
      this.failures.push(
        `${where}: no damage, and ${result.code}: ${result.message ?? result.counted.join(', ')}`,
      );
    }
    this.#judge(result, where);
  }

  /**
   * @param {Result} result
   * @param {string} where
   */
  #judge({ wrong, isWrongFile = false, isUnfinished = false, counted }, where) {
    if (isWrongFile) this.#counts['wrong files accepted']++;
    if (isUnfinished) this.#counts['unfinished files under a final name']++;
    for (const what of counted) this.#counts[/** @type {keyof typeof this.#counts} */ (what)]++;
    for (const why of wrong) this.failures.push(`${where}: ${why}`);
  }
}

/** @param {{ timeout: number, retries: number, retryDelay: number }} patience */
function longer({ timeout, ...rest }) {
  return { ...rest, timeout: Math.min(PATIENT.timeout, timeout * 4) };
}

/** @param {Result} result */
function hasOther({ counted }) {
  return counted.some((what) => ['other mtime', 'false alarms', 'other listings'].includes(what));
}

/**
 * @param {Map<string, number>} counts
 * @param {string} what
 */
function add(counts, what) {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
