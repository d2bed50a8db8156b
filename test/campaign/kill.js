import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { complete, judgeKilled, partsIn } from './kill-judge.js';
import { AIMS, killOnce } from './kill-once.js';
import { putSample, sampleBytes, sha256, sha256OfFile } from './sample-bytes.js';
import { scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';

/**
 * @typedef {import('./kill-once.js').KillJob} KillJob
 * @typedef {import('./kill-once.js').Aim} Aim
 * @typedef {import('./kill-judge.js').Expected} Expected
 *
 * A fetch that is to be made in a copy of a folder.
 * @typedef {{ folder: string, job: KillJob, expected: Expected }} Plan
 */

const MiB = 1 << 20;
const SIZES = [0, 1, 65_537, MiB - 1, MiB, MiB + 1, 2.5 * MiB, 4 * MiB, 6 * MiB + 12_345];
/** Bytes a second; a fast one too, where everything happens at once. */
const RATES = [40e6, 80e6, 200e6];
const JOBS = 3;
const LEFT_MAX = 40;
const TRIES = 6;
/** Of nine runs, four kill a fetch, four a fetch that finds a part file, and one several of those in a row. */
const KINDS = /** @type {const} */ ([
  'fetch',
  'resume',
  'fetch',
  'resume',
  'recovery',
  'fetch',
  'resume',
  'fetch',
  'resume',
]);
const COUNTED = /** @type {const} */ ({
  fetch: 'fetches killed',
  resume: 'resumes killed',
  recovery: 'recoveries killed',
});
/** Some more often than others: a transfer is longer than what is before and after it. */
const AIMED = /** @type {Aim[]} */ ([...Object.keys(AIMS), 'progress', 'progress', 'part grows']);
const PROGRAM_SHARE = 0.08;

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe:
    'SIGKILL at a random moment of a fetch, of a fetch that goes on from a part file, and again and again',
  fullRuns: 4_500,
  hasTls: true,
  run: async ({ runs, seed, log, tls = false }) => {
    const killing = new Killing(new SeededRandom(seed));
    try {
      await killing.start(tls);
      let next = 0;
      const work = async () => {
        for (let run = next++; run < runs; run = next++) {
          await killing.one(run, new SeededRandom(seed + run));
          if ((run + 1) % 250 === 0) log(`${run + 1} runs, ${killing.failures.length} failures`);
        }
      };
      await Promise.all(Array.from({ length: JOBS }, work));
      return { figures: killing.figures, failures: killing.failures };
    } finally {
      await killing.close();
    }
  },
};

class Killing {
  /** @type {string[]} */
  failures = [];
  figures = {
    'fetches killed': 0,
    'resumes killed': 0,
    'recoveries killed': 0,
    before: 0,
    within: 0,
    publishing: 0,
    after: 0,
    'ended first': 0,
    'part left': 0,
    'then resumed': 0,
    program: 0,
  };
  #scratch = scratchFolder();
  /** @type {Worker | undefined} */
  #server;
  #url = '';
  /** @type {{ url: string, rate: number }[]} */
  #proxies = [];
  /** @type {Map<string, string>} SHA-256 of each served file */
  #served = new Map();
  #old = sampleBytes(300_000, 'kill, old');
  /** @type {Plan[]} */
  #left = [];
  #random;

  /** @param {SeededRandom} random */
  constructor(random) {
    this.#random = random;
  }

  /** @param {boolean} tls */
  async start(tls) {
    const storage = join(this.#scratch.path, 'storage');
    mkdirSync(storage);
    for (const size of SIZES) {
      const content = sampleBytes(size, `kill, ${size}`);
      putSample(storage, `${size}.bin`, content);
      this.#served.set(`${size}.bin`, sha256(content));
    }
    const workerData = { storage, rates: RATES, tls };
    this.#server = new Worker(new URL('./kill-server.js', import.meta.url), { workerData });
    const [{ url, proxies }] = await once(this.#server, 'message');
    this.#url = url;
    this.#proxies = proxies;
  }

  async close() {
    if (this.#server) {
      this.#server.postMessage('end');
      await once(this.#server, 'exit');
    }
    this.#scratch.remove();
  }

  /**
   * @param {number} run
   * @param {SeededRandom} random
   */
  async one(run, random) {
    const kind = KINDS[run % KINDS.length];
    const plan = kind === 'fetch' ? this.#newPlan(random) : await this.#leftPlan(random);
    const { expected } = plan;
    const job = { ...plan.job, dir: this.#scratch.copyOf(plan.folder) };
    const wrong = await this.#kill({ ...plan, job }, random);
    // Each finds what the one before left, and dies as well.
    for (let more = kind === 'recovery' ? random.integer(1, 3) : 0; more > 0; more--) {
      wrong.push(...(await this.#kill({ folder: null, job, expected }, random)));
    }
    this.figures[COUNTED[kind ?? 'fetch']]++;
    if (kind === 'fetch') this.#keep(job, expected);
    const last = await complete(
      { ...job, url: this.#url, withProgram: random.chance(PROGRAM_SHARE) },
      expected,
    );
    if (last.resumedFrom > 0) this.figures['then resumed']++;
    for (const why of [...wrong, ...last.wrong]) {
      this.failures.push(`run ${run}, ${kind} of ${job.name}${job.force ? ' --force' : ''}: ${why}`);
    }
    this.#scratch.remove(job.dir);
    this.#scratch.remove(plan.folder);
  }

  /**
   * Kills one; what is wrong then. If it ended first it is tried again, in a new copy of the folder where there is one.
   * @param {Omit<Plan, 'folder'> & { folder: string | null }} plan
   * @param {SeededRandom} random
   */
  async #kill({ folder, job, expected }, random) {
    const wrong = [];
    for (let tries = 1; tries <= TRIES; tries++) {
      const aim = random.pick(AIMED);
      const [most, share] = AIMS[aim];
      const started = job.withProgram && aim === 'ready' ? 180 : 0;
      const delay = started + (random.next() * (most + share * job.transfer)) / tries;
      const { moment, errors, code } = await killOnce(job, { aim, share: random.next(), delay });
      if (job.withProgram) this.figures.program++;
      if (moment !== 'ended') {
        this.figures[moment]++;
        wrong.push(...judgeKilled(job, expected).map((why) => `${why} (${aim} + ${delay.toFixed(1)} ms)`));
        if (partsIn(job).length > 0) this.figures['part left']++;
        return wrong;
      }
      this.figures['ended first']++;
      if (code !== 0) wrong.push(`without a kill it failed: ${errors}`);
      if (folder === null) return wrong;
      this.#scratch.remove(job.dir);
      this.#scratch.copyOf(folder, job.dir);
    }
    return wrong;
  }

  /**
   * @param {SeededRandom} random
   * @returns {Plan}
   */
  #newPlan(random) {
    const name = random.pick([...this.#served.keys()]);
    const hasOld = random.chance(0.4);
    const { url, rate } = random.pick(this.#proxies);
    const size = Number.parseInt(name, 10);
    const times = { transfer: (size / rate) * 1_000, events: size / 65_536 };
    const force = hasOld || random.chance(0.2);
    const flags = { force, fsync: random.chance(0.3), withProgram: random.chance(PROGRAM_SHARE) };
    const folder = this.#scratch.newFolder();
    if (hasOld) putSample(folder, name, this.#old);
    const newSha256 = /** @type {string} */ (this.#served.get(name));
    const expected = { oldSha256: hasOld ? sha256(this.#old) : null, newSha256 };
    return { folder, job: { url, name, dir: folder, ...times, ...flags }, expected };
  }

  /**
   * @param {KillJob} job
   * @param {Expected} expected
   */
  #keep(job, expected) {
    const isPublished = sha256OfFile(join(job.dir, job.name)) === expected.newSha256;
    if (partsIn(job).length === 0 || isPublished) return;
    this.#left.push({ folder: this.#scratch.copyOf(job.dir), job, expected });
    if (this.#left.length > LEFT_MAX) {
      const [gone] = this.#left.splice(this.#random.integer(0, LEFT_MAX - 1), 1);
      if (gone) this.#scratch.remove(gone.folder);
    }
  }

  /**
   * One that goes on from what an earlier kill left.
   * @param {SeededRandom} random
   * @returns {Promise<Plan>}
   */
  async #leftPlan(random) {
    while (this.#left.length === 0) {
      const { job, expected } = this.#newPlan(random);
      await killOnce(job, { aim: 'progress', share: 0.6, delay: 0 });
      this.#keep(job, expected);
      this.#scratch.remove(job.dir);
    }
    const { job, expected, ...left } = random.pick(this.#left);
    const folder = this.#scratch.copyOf(left.folder);
    return { folder, job: { ...job, withProgram: random.chance(PROGRAM_SHARE) }, expected };
  }
}
