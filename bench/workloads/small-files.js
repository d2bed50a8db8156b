import { putRandomTree } from '../files/samples.js';
import { median } from '../measure/statistics.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { CURL, RSYNC, raceTrees, treeCommands } from './tree-contenders.js';

const SIZE = 4_096;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: '10,000 files of 4 KiB in 100 folders, no fsync, tmpfs',
  async run(bench) {
    const counts = bench.isTiny ? [50, 200] : [100, 1_000, 10_000];
    const judged = counts.at(-1);
    const { memory: scratch } = bench;
    /** @type {import('../workload.js').Outcome} */
    const outcome = {
      setting: `${counts.map((count) => count.toLocaleString('en')).join(', then ')} files of ${SIZE} bytes, 100 a folder, from ${scratch.fileSystem} to ${scratch.fileSystem}, no fsync on either side. curl and aria2 fetch from nginx and verify nothing.`,
      commands: treeCommands({ isSynced: false, withWeb: true }),
      measures: [],
      judgements: [],
      notes: [],
      series: { 'seconds by files': {} },
    };
    for (const count of counts) {
      const storage = scratch.folder('storage');
      const names = putRandomTree(storage, { count, size: SIZE });
      const timings = await raceTrees(bench, { scratch, storage, names, isSynced: false, withWeb: true });
      scratch.remove(storage);
      for (const [name, runs] of timings) {
        outcome.measures.push(measureOf(name, `${count.toLocaleString('en')} files`, runs));
        const value = median(runs.map(({ seconds }) => seconds));
        const series = /** @type {import('../workload.js').Series} */ (outcome.series?.['seconds by files']);
        (series[name] ??= []).push({ at: count, value });
      }
      if (count !== judged) continue;
      outcome.judgements = bench.builds.flatMap(({ label }) => [
        ...judgeSpeed(label, RSYNC, timings, { least: 1 }),
        ...judgeSpeed(label, CURL, timings, { least: 1.3 }),
      ]);
    }
    return outcome;
  },
};
