import { putRandomTree } from '../files/samples.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { RSYNC_SYNCED, raceTrees, treeCommands } from './tree-contenders.js';

const SIZE = 4_096;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'the same on the disk, fsynced on both sides',
  async run(bench) {
    const count = bench.isTiny ? 100 : 10_000;
    const { disk: scratch } = bench;
    const storage = scratch.folder('storage');
    const names = putRandomTree(storage, { count, size: SIZE });
    const timings = await raceTrees(bench, { scratch, storage, names, isSynced: true });
    scratch.remove(storage);
    return {
      setting: `${count.toLocaleString('en')} files of ${SIZE} bytes, 100 a folder, from ${scratch.fileSystem} to ${scratch.fileSystem}; the source is in the page cache. Before each run, outside the time: \`sync\`.`,
      commands: treeCommands({ isSynced: true }),
      measures: [...timings].map(([name, runs]) => measureOf(name, 'time', runs)),
      judgements: bench.builds.flatMap(({ label }) => judgeSpeed(label, RSYNC_SYNCED, timings, { least: 3 })),
      notes: [],
    };
  },
};
