import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { putRandomFile, putRandomTree } from '../files/samples.js';
import { checkTree } from '../files/trees.js';
import { interleaved } from '../measure/rounds.js';
import { median, speedRatio } from '../measure/statistics.js';
import { timed } from '../measure/timed.js';
import { BodyReader } from '../peers/body-reader.js';
import { longPathTo } from '../peers/long-path.js';
import { measureOf } from '../report/judge.js';
import { figure } from '../report/units.js';
import { FILE, fileContender, serveEach } from './file-contenders.js';

/** @typedef {import('../measure/timed.js').Timing} Timing */

const RATE = 20e6;
const DELAY_MS = 40;
const CONNECTIONS = 8;
const JOBS = /** @type {const} */ ([['-j', '1'], ['-j', '8'], []]);
const FILES_PER_ROUND_TRIP = 100;
const PATH = 'the path, 8 bare connections';

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'a path where each connection gets 20 MB/s and 40 ms of delay',
  async run(bench) {
    const size = bench.isTiny ? 2 << 20 : 256 << 20;
    const count = bench.isTiny ? 20 : 1_000;
    const { memory: scratch } = bench;
    const storage = scratch.folder('storage');
    const source = join(storage, FILE);
    putRandomFile(source, size);
    const names = putRandomTree(storage, { count, size: 1_024 });
    const served = await serveEach(bench, storage);
    const paths = await Promise.all(
      served.map(async ({ build, server }) => ({
        ...{ build, server },
        path: await longPathTo(server, { rate: RATE, delay: DELAY_MS }),
      })),
    );

    const contenders = paths.flatMap(({ build, path, server }) => [
      ...JOBS.map((jobs) =>
        fileContender({
          ...{ name: nameOf(build.label, jobs), server, source, scratch },
          command: (dir) => build.fetch(path, FILE, '-d', dir, '--no-fsync', ...jobs),
        }),
      ),
      ...[names, names.slice(0, 1)].map((wanted) => ({
        name: `${build.label}, ${wanted.length} × 1 KiB`,
        measure: async () => {
          const dir = scratch.folder('target');
          const what = wanted.length === 1 ? names.slice(0, 1) : ['*/*'];
          const timing = await timed(build.fetch(path, ...what, '-d', dir, '--no-fsync'), { server });
          checkTree(storage, wanted, dir);
          rmSync(dir, { recursive: true });
          return timing;
        },
      })),
    ]);
    const [first] = paths;
    if (first) contenders.push({ name: PATH, measure: () => bareConnections(first.path.port, size) });

    const timings = await interleaved(contenders, bench.rounds, bench.log);
    for (const { path, server } of paths) {
      await path.stop();
      await server.stop();
    }
    scratch.remove(storage);

    const of = (/** @type {string} */ name) => /** @type {Timing[]} */ (timings.get(name));
    return {
      setting: `A proxy on loopback that carries ${RATE / 1e6} MB/s to the client on each connection, ${DELAY_MS} ms late; connecting itself takes no round trip there. One file of ${size / 2 ** 20} MiB; ${count} files of 1 KiB against one of them. Onto ${scratch.fileSystem}, no fsync.`,
      commands: [
        ...JOBS.map((jobs) => `sealift fetch -q ${[FILE, '-d DIR --no-fsync', ...jobs].join(' ')}`),
        "sealift fetch -q '*/*' -d DIR --no-fsync",
      ],
      measures: [...timings].map(([name, runs]) =>
        measureOf(
          name,
          name.includes('KiB') ? 'time' : 'rate',
          runs,
          name.includes('KiB') ? undefined : size,
        ),
      ),
      judgements: paths.flatMap(({ build: { label } }) => {
        const [one, eight] = [of(nameOf(label, ['-j', '1'])), of(nameOf(label, ['-j', '8']))];
        const [many, single] = [of(`${label}, ${count} × 1 KiB`), of(`${label}, 1 × 1 KiB`)];
        const roundTrips = median(
          many.map(({ seconds }, round) => roundTripsBetween(seconds, single[round])),
        );
        const rate = (/** @type {Timing[]} */ runs) =>
          figure(size / 1e6 / median(runs.map(({ seconds }) => seconds)), 'MB/s');
        return [
          {
            ...{ what: '-j 8 against -j 1', build: label, ours: rate(eight), theirs: rate(one) },
            ...{ value: speedRatio(eight, one), unit: /** @type {const} */ ('×'), target: { least: 6 } },
          },
          {
            ...{ what: `${count} files of 1 KiB, beyond the first`, build: label },
            ours: figure(median(many.map(({ seconds }) => seconds)), 's'),
            theirs: `one: ${figure(median(single.map(({ seconds }) => seconds)), 's')}`,
            ...{ value: roundTrips, unit: /** @type {const} */ ('round trips') },
            target: { most: count / FILES_PER_ROUND_TRIP },
          },
        ];
      }),
      notes: [],
    };
  },
};

/**
 * @param {string} label
 * @param {readonly string[]} jobs
 */
const nameOf = (label, jobs) => `${label}, ${jobs.length === 0 ? 'no -j' : jobs.join(' ')}`;

/**
 * @param {number} seconds
 * @param {Timing | undefined} single
 */
const roundTripsBetween = (seconds, single) => ((seconds - (single?.seconds ?? 0)) * 1_000) / DELAY_MS;

/**
 * What the proxy itself can carry.
 * @param {number} port
 * @param {number} size
 * @returns {Promise<Timing>}
 */
async function bareConnections(port, size) {
  const length = size / CONNECTIONS;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, number) =>
      new BodyReader(port, { name: FILE, offset: number * length, length }).pullAll(() => {}),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  return { seconds, cpuSeconds: null, serverCpuSeconds: null, peakBytes: null };
}
