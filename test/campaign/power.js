import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { connect } from '#sealift/client/index.js';
import { serve } from '#sealift/index.js';
import { leavePart } from './left-part.js';
import { anyState, judgeRecord, withoutSync } from './power-judge.js';
import { filesIn, putSample, sampleBytes, sha256, sha256OfFile } from './sample-bytes.js';
import { scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';

const RECORDER = fileURLToPath(new URL('./power-recorder.js', import.meta.url));
const DIR = 'downloads';

/**
 * @typedef {object} PowerFetch
 * @property {string} title
 * @property {string} name
 * @property {{ force: boolean, fsync: boolean }} options
 * @property {Buffer} content
 * @property {Buffer | null} old
 * @property {'fetch' | 'repair'} [verb] default: fetch
 * @property {boolean} [isNewDir] the folder to fetch into is not there
 * @property {boolean} [hasPart] an earlier fetch left a part file
 */

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: 'the power goes at every moment of a fetch; runs: states from which the next fetch goes on',
  fullRuns: 2_000,
  run: async ({ runs, seed, log }) => {
    const random = new SeededRandom(seed);
    const scratch = scratchFolder();
    const storage = join(scratch.path, 'storage');
    const fetches = powerFetches();
    for (const { name, content } of fetches) putSample(storage, name, content);
    const server = await serve(storage, { port: 0 });
    try {
      const cases = await record(fetches, server, scratch);
      /** @type {string[]} */
      const failures = [];
      const figures = {
        fetches: cases.length,
        operations: 0,
        states: 0,
        'teeth found': 0,
        'next fetches': 0,
        'that resumed': 0,
      };
      for (const recorded of cases) {
        const { states, violations } = judgeRecord(recorded, random.fork());
        figures.operations += recorded.events.filter(({ event }) => event === 'begin').length;
        figures.states += states;
        if (recorded.options.fsync) failures.push(...violations.map((why) => `${recorded.title}: ${why}`));
        for (const why of teethMissing(recorded, violations, random.fork()))
          failures.push(`${recorded.title}: ${why}`);
        figures['teeth found'] += recorded.options.fsync ? 2 : 1;
      }
      log(`${figures.states} states of ${cases.length} fetches, ${failures.length} failures`);
      // Without fsync anything may stand at the final name, and a file that is there is only replaced by force.
      const survivors = cases.filter(({ options }) => options.fsync);
      const work = async (/** @type {number} */ from) => {
        for (let run = from; run < runs; run += 2) {
          const own = new SeededRandom(seed + run);
          const recorded = own.pick(survivors);
          const state = anyState(recorded, own);
          const { why, resumedFrom } = await goOn(recorded, state.files, server.url, scratch);
          if (resumedFrom > 0) figures['that resumed']++;
          if (why !== null) failures.push(`${recorded.title}, ${state.when}, run ${run}: ${why}`);
          figures['next fetches']++;
        }
      };
      await Promise.all([work(0), work(1)]);
      return { figures, failures };
    } finally {
      server.abort();
      await server.close();
      scratch.remove();
    }
  },
};

/** @returns {PowerFetch[]} */
function powerFetches() {
  const big = sampleBytes(2_300_000, 'power');
  const small = sampleBytes(10_000, 'power, small');
  const old = sampleBytes(10_500, 'power, old');
  const rotten = Buffer.from(big);
  rotten.fill(0, 1_200_000, 1_200_100);
  const options = { force: false, fsync: true };
  const force = { force: true, fsync: true };
  return [
    { title: 'fresh', name: 'big.bin', content: big, old: null, options },
    { title: 'forced', name: 'big.bin', content: big, old, options: force },
    { title: 'small', name: 'small.bin', content: small, old: null, options },
    { title: 'small forced', name: 'small.bin', content: small, old, options: force },
    { title: 'sub-folders', name: 'a/b/c.bin', content: small, old: null, options },
    { title: 'new folder', name: 'a/b/c.bin', content: small, old: null, options, isNewDir: true },
    { title: 'resumed', name: 'big.bin', content: big, old: null, options, hasPart: true },
    { title: 'resumed, forced', name: 'big.bin', content: big, old, options: force, hasPart: true },
    { title: 'repaired', name: 'big.bin', content: big, old: rotten, options: force, verb: 'repair' },
    { title: 'no fsync', name: 'big.bin', content: big, old: null, options: { ...options, fsync: false } },
  ];
}

/**
 * Fetches them in a process that has ended when this resolves, so that its part files are nobody's.
 * @param {PowerFetch[]} fetches
 * @param {{ url: string, port: number }} server
 * @param {import('./scratch-folder.js').ScratchFolder} scratch
 */
async function record(fetches, { url, port }, scratch) {
  const prepared = [];
  for (const fetch of fetches) {
    const root = scratch.newFolder();
    const dir = join(root, DIR);
    if (!fetch.isNewDir) mkdirSync(dir);
    if (fetch.hasPart) await leavePart({ port, name: fetch.name, dir, share: 0.7 });
    if (fetch.old) putSample(dir, fetch.name, fetch.old);
    prepared.push({ ...fetch, root, dir, path: `${DIR}/${fetch.name}`, before: contentOf(root) });
  }
  const file = join(scratch.path, 'record');
  const jobs = prepared.map(({ name, root, dir, verb = 'fetch', options }) => {
    return { url, name, root, dir, verb, options };
  });
  const env = { ...process.env, FETCHES: JSON.stringify(jobs), RECORD: file };
  const recorder = spawn(process.execPath, [RECORDER], { stdio: ['ignore', 'inherit', 'inherit'], env });
  const [code] = await once(recorder, 'close');
  if (code !== 0) throw new Error(`recording failed with code ${code}`);
  /** @type {import('./power-recorder.js').RecordEvent[][]} */
  const records = deserialize(readFileSync(file));
  return prepared.map((fetch, n) => ({ ...fetch, events: records[n] ?? [] }));
}

/**
 * A model that finds nothing where something is missing would be worth nothing.
 * @param {import('./power-judge.js').PowerCase & PowerFetch} recorded
 * @param {string[]} violations found in it
 * @param {SeededRandom} random
 */
function teethMissing(recorded, violations, random) {
  if (!recorded.options.fsync) return violations.length > 0 ? [] : ['the model finds nothing without fsync'];
  return /** @type {const} */ (['file', 'folder']).flatMap((what) => {
    const weakened = { ...recorded, events: withoutSync(recorded.events, what) };
    const found = judgeRecord(weakened, random, { stopAtFirst: true }).violations;
    return found.length > 0 ? [] : [`the model finds nothing without fsync of the ${what}`];
  });
}

/**
 * Makes the state in a folder, and fetches again; `why` it did not go well, or null.
 * @param {PowerFetch} recorded
 * @param {Map<string, Buffer | null>} files
 * @param {string} url
 * @param {import('./scratch-folder.js').ScratchFolder} scratch
 * @returns {Promise<{ why: string | null, resumedFrom: number }>}
 */
async function goOn({ name, options, content }, files, url, scratch) {
  const root = scratch.newFolder();
  const dir = join(root, DIR);
  for (const [path, bytes] of files) {
    if (bytes === null) mkdirSync(join(root, path), { recursive: true });
    else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), bytes);
    }
  }
  const client = await connect(url);
  try {
    const { resumedFrom } = await client.fetch(name, { dir, ...options, fsync: false });
    const rest = filesIn(dir).filter((path) => path !== name);
    let why = rest.length === 0 ? null : `the next fetch left behind: ${rest.join(', ')}`;
    if (sha256OfFile(join(dir, name)) !== sha256(content)) why = 'the next fetch left other bytes';
    return { why, resumedFrom };
  } catch (error) {
    return { why: `the next fetch failed: ${error}`, resumedFrom: 0 };
  } finally {
    client.close();
    scratch.remove(root);
  }
}

/**
 * @param {string} root
 * @returns {Map<string, Buffer | null>}
 */
function contentOf(root) {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), entry.isDirectory() ? null : readFileSync(path)];
    }),
  );
}
