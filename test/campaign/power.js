import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from '#sealift/client/index.js';
import { serve } from '#sealift/index.js';
import { fetchBeside } from './fetch-beside.js';
import { anyState, judgeRecord, withoutSync } from './power-judge.js';
import { DIR, powerFetches, recordFetches } from './power-records.js';
import { filesIn, putSample, sampleBytes, sha256, sha256OfFile } from './sample-bytes.js';
import { scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';

/** @typedef {import('./power-records.js').PowerFetch} PowerFetch */

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
    putSample(storage, 'many/d.bin', sampleBytes(5_000, 'power, beside'));
    const server = await serve(storage, { port: 0 });
    try {
      const cases = await recordFetches(fetches, server, scratch);
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
        const missing = teethMissing(recorded, violations, random.fork());
        failures.push(...missing.map((why) => `${recorded.title}: ${why}`));
        figures['teeth found'] += (recorded.options.fsync ? 2 : 1) - missing.length;
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
async function goOn({ name, options, content, verb }, files, url, scratch) {
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
    const all = { dir, ...options, fsync: false };
    const names = verb === 'fetchMany' ? await fetchBeside(client, name, all) : [name];
    const { resumedFrom } = verb === 'fetchMany' ? { resumedFrom: 0 } : await client.fetch(name, all);
    const rest = filesIn(dir).filter((path) => !names.includes(path));
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
