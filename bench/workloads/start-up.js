import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkFile } from '../files/same-file.js';
import { putRandomFile } from '../files/samples.js';
import { interleaved } from '../measure/rounds.js';
import { timed } from '../measure/timed.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { FILE, serveEach } from './file-contenders.js';

const NODE = 'node -e 0';
/** They are short. */
const RUNS_PER_ROUND = 4;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'start-up: `sealift --version`, and `fetch` of 1 KiB',
  async run(bench) {
    const { memory: scratch } = bench;
    const storage = scratch.folder('storage');
    const source = join(storage, FILE);
    putRandomFile(source, 1_024);
    const served = await serveEach(bench, storage);
    const contenders = [
      { name: NODE, measure: () => timed([process.execPath, '-e', '0']) },
      ...served.flatMap(({ build, server }) => [
        { name: `${build.label} --version`, measure: () => timed(build.command('--version')) },
        {
          name: `${build.label} fetch`,
          measure: async () => {
            const dir = scratch.folder('target');
            const timing = await timed(build.fetch(server, FILE, '-d', dir), { server });
            checkFile(source, join(dir, FILE));
            rmSync(dir, { recursive: true });
            return timing;
          },
        },
      ]),
    ];
    const rounds = bench.isTiny ? 1 : bench.rounds * RUNS_PER_ROUND;
    const timings = await interleaved(contenders, rounds, bench.log);
    for (const { server } of served) await server.stop();
    scratch.remove(storage);

    const times = (/** @type {string} */ label, /** @type {string} */ what, /** @type {number} */ most) =>
      judgeSpeed(`${label} ${what}`, NODE, timings, { most }, { what }).map((judgement) => ({
        ...{ ...judgement, build: label },
        // Told as a time, not as a speed: so many times as long.
        value: judgement.value === null ? null : 1 / judgement.value,
      }));
    return {
      setting: `${rounds} runs of each, in turn; the file goes onto ${scratch.fileSystem}.`,
      commands: ['node -e 0', 'sealift --version', `sealift fetch -q ${FILE} -d DIR`],
      measures: [...timings].map(([name, runs]) => measureOf(name, 'time', runs)),
      judgements: bench.builds.flatMap(({ label }) => [
        ...times(label, '--version', 1.5),
        ...times(label, 'fetch', 2.5),
      ]),
      notes: [],
    };
  },
};
