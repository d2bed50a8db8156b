import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putRandomTree } from '../files/samples.js';
import { WrongResult } from '../files/wrong-result.js';
import { interleaved } from '../measure/rounds.js';
import { median } from '../measure/statistics.js';
import { timed } from '../measure/timed.js';
import { nginx, serveNginx } from '../peers/nginx.js';
import { pathOfName } from '../peers/url-path.js';
import { answersIn, CONNECTIONS, writeWalk, wrk, wrkWalk } from '../peers/wrk.js';
import { judgeSpeed } from '../report/judge.js';
import { serveEach } from './file-contenders.js';

const SIZES = [4_096, 1_024];
const SECONDS = 2;
/** Every so manieth file is compared byte for byte. */
const SPOT = 97;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'HTTP: 10,000 small files by wrk, connections kept',
  async run(bench) {
    const count = bench.isTiny ? 200 : 10_000;
    const seconds = bench.isTiny ? 1 : SECONDS;
    const { memory: scratch } = bench;
    /** @type {import('../workload.js').Outcome} */
    const outcome = {
      setting: `${count.toLocaleString('en')} files of 4 KiB, then of 1 KiB, from ${scratch.fileSystem}; wrk asks for each in turn on ${CONNECTIONS} kept connections for ${seconds} s. No answer may be other than 200; every ${SPOT}th file is compared byte for byte before and after. Before the rounds each server has one run that does not count.`,
      commands: [wrkWalk('URL', 'SCRIPT', seconds).join(' ')],
      measures: [],
      judgements: [],
      notes: [],
    };
    if (!bench.has(wrk)) {
      bench.log('SKIPPED: wrk is not here');
      return { ...outcome, notes: ['skipped: wrk is not here'] };
    }
    if (!bench.has(nginx)) bench.log('SKIPPED: without nginx there is nothing to compare with');
    for (const size of SIZES) {
      const storage = scratch.folder('storage');
      const names = putRandomTree(storage, { count, size });
      const script = join(scratch.folder('wrk'), 'walk.lua');
      writeWalk(script, names);
      const sealifts = await serveEach(bench, storage);
      const web = bench.has(nginx) ? await serveNginx(storage, scratch) : null;
      const served = [
        ...sealifts.map(({ build, server }) => ({ name: build.label, server, url: server.httpUrl })),
        ...(web ? [{ name: nginx.program, server: web, url: web.url }] : []),
      ];
      const contenders = served.map(({ name, server, url }) => ({
        name,
        measure: async () => {
          const timing = await timed(wrkWalk(url, script, seconds), { server });
          // Of one request, so that rounds compare as they do everywhere.
          return { ...timing, seconds: timing.seconds / answersIn(timing.stdout) };
        },
      }));
      const spots = names.filter((_, number) => number % SPOT === 0);
      for (const { url } of served) await compare(url, storage, spots);
      for (const { measure } of contenders) await measure();
      const timings = await interleaved(contenders, bench.rounds, bench.log);
      for (const { url } of served) await compare(url, storage, spots);
      for (const { server } of served) await server.stop();
      scratch.remove(storage);

      const what = `${size / 1_024} KiB`;
      for (const [contender, runs] of timings) {
        outcome.measures.push({
          ...{ contender, what, unit: 'files/s', values: runs.map((run) => 1 / run.seconds) },
          cpuSeconds: median(runs.map((run) => run.cpuSeconds ?? 0)),
          serverCpuSeconds: median(runs.map((run) => run.serverCpuSeconds ?? 0)),
        });
      }
      for (const { label } of bench.builds) {
        outcome.judgements.push(
          ...judgeSpeed(label, nginx.program, timings, { least: 0.3 }, { what, perSecond: 'files/s' }),
        );
      }
    }
    return outcome;
  },
};

/**
 * @param {string} url
 * @param {string} storage
 * @param {readonly string[]} names
 * @throws WrongResult
 */
async function compare(url, storage, names) {
  for (const name of names) {
    const response = await fetch(`${url}/${pathOfName(name)}`);
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200 || !body.equals(readFileSync(join(storage, name)))) {
      throw new WrongResult(`${url} sent other bytes for ${name}`);
    }
  }
}
