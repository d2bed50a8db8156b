import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { putRandomTree } from '../files/samples.js';
import { WrongResult } from '../files/wrong-result.js';
import { median } from '../measure/statistics.js';
import { timed } from '../measure/timed.js';
import { md5sum, md5sumTree } from '../peers/md5sum.js';
import { hashedPages } from '../peers/sealift.js';
import { Wire } from '../peers/wire.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { figure } from '../report/units.js';
import { storageOfEach } from './file-contenders.js';
import { indexFromNothing } from './index-from-nothing.js';

/**
 * @typedef {import('../measure/timed.js').Timing} Timing
 * @typedef {import('../peers/sealift.js').Sealift} Sealift
 */

const SIZE = 4_096;
const MD5SUM = 'md5sum on all cores';

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'a storage of 100,000 files of 4 KiB',
  async run(bench) {
    const count = bench.isTiny ? 300 : 100_000;
    const { memory: scratch } = bench;
    const storage = scratch.folder('storage');
    const output = scratch.folder('output');
    const names = putRandomTree(storage, { count, size: SIZE });
    const cores = availableParallelism();
    /** @type {Map<string, Timing[]>} */
    const timings = new Map();
    const note = (/** @type {string} */ name, /** @type {Timing} */ timing) =>
      timings.set(name, [...(timings.get(name) ?? []), timing]);

    const storages = storageOfEach(bench, storage);
    const hasMd5sum = bench.has(md5sum);
    for (let round = 1; round <= bench.rounds; round++) {
      /** @type {Map<string, string> | null} */
      let expected = null;
      if (hasMd5sum) {
        const sums = join(output, 'sums');
        note(MD5SUM, await timed(md5sumTree(storage, cores), { stdout: sums }));
        expected = readSums(sums, storage);
        if (expected.size !== count) throw new WrongResult(`md5sum told of ${expected.size} files`);
      }
      for (const { build, folder } of storages) {
        rmSync(join(folder, '.sealift'), { recursive: true, force: true });
        const { server: cold, timing } = await indexFromNothing(build, folder, names);
        note(`${build.label}, index`, timing);
        await cold.stop();

        const { server, first, all } = await restart(build, folder, count);
        note(`${build.label}, first page`, first);
        note(`${build.label}, catalogue`, all);

        const listed = join(output, 'listed');
        note(
          `${build.label}, list`,
          await timed(build.command('list', '--json', '-s', server.url), { server, stdout: listed }),
        );
        checkListing(listed, names, expected);
        await server.stop();
      }
      bench.log(`round ${round} of ${bench.rounds}`);
    }
    scratch.remove(storage);

    const measure = (
      /** @type {string} */ key,
      /** @type {string} */ contender,
      /** @type {string} */ what,
    ) => {
      const runs = timings.get(key);
      return runs === undefined ? [] : [measureOf(contender, what, runs)];
    };
    return {
      setting: `${count.toLocaleString('en')} files of ${SIZE} bytes on ${scratch.fileSystem}, 100 a folder. Index from nothing: from the start of \`sealift serve\` until every MD5 is known, found out by asking for 21 single entries ten times a second, and then for all. Restart: from the start of \`sealift serve\` until a bare client has the whole listing, MD5s included.`,
      commands: [
        'sealift serve DIR',
        'sealift list --json',
        `find DIR -type f -print0 | xargs -0 -n 500 -P ${cores} md5sum`,
      ],
      measures: [
        ...bench.builds.flatMap(({ label }) => [
          ...measure(`${label}, index`, label, 'index from nothing'),
          ...measure(`${label}, first page`, label, 'restart, first page of the listing'),
          ...measure(`${label}, catalogue`, label, 'restart, whole listing'),
          ...measure(`${label}, list`, label, 'sealift list --json'),
        ]),
        ...measure(MD5SUM, MD5SUM, 'the same files'),
      ],
      judgements: bench.builds.flatMap(({ label }) => [
        judgeTime('restart to the complete catalogue', label, timings.get(`${label}, catalogue`) ?? [], 2),
        judgeTime('`list` of all', label, timings.get(`${label}, list`) ?? [], 1),
        ...judgeSpeed(`${label}, index`, MD5SUM, timings, { least: 0.7 }, { what: 'index from nothing' }).map(
          (judgement) => ({ ...judgement, build: label }),
        ),
      ]),
      notes: [],
    };
  },
};

/**
 * @param {string} what
 * @param {string} build
 * @param {Timing[]} runs
 * @param {number} most seconds
 * @returns {import('../workload.js').Judgement}
 */
function judgeTime(what, build, runs, most) {
  const value = median(runs.map(({ seconds }) => seconds));
  return { what, build, ours: figure(value, 's'), theirs: '', value, unit: 's', target: { most } };
}

/**
 * @param {Sealift} build
 * @param {string} folder
 * @param {number} count
 */
async function restart(build, folder, count) {
  const startedAt = performance.now();
  const server = await build.serve(folder);
  const wire = await Wire.to(server.port);
  let listed = 0;
  let firstSeconds = 0;
  for await (const lines of hashedPages(wire)) {
    if (listed === 0) firstSeconds = (performance.now() - startedAt) / 1_000;
    listed += lines.length;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  wire.close();
  if (listed !== count) throw new WrongResult(`${listed} entries, not ${count}`);
  const rest = { cpuSeconds: null, serverCpuSeconds: server.cpuSeconds(), peakBytes: null };
  return { server, first: { ...rest, seconds: firstSeconds }, all: { ...rest, seconds } };
}

/**
 * MD5 by name.
 * @param {string} path
 * @param {string} storage
 */
function readSums(path, storage) {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(34 + storage.length + 1), line.slice(0, 32)]));
}

/**
 * @param {string} path
 * @param {readonly string[]} names
 * @param {Map<string, string> | null} expected
 */
function checkListing(path, names, expected) {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  if (lines.length !== names.length) throw new WrongResult(`${lines.length} lines, not ${names.length}`);
  for (const [number, line] of lines.entries()) {
    const { name, md5 } = JSON.parse(line);
    if (name !== names[number] || md5 === null || (expected && md5 !== expected.get(name))) {
      throw new WrongResult(`listed: ${line}`);
    }
  }
}
