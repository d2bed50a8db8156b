import { fileURLToPath } from 'node:url';
import { bytesIn, copyTree, namesIn } from '../files/trees.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { RSYNC, raceTrees, treeCommands } from './tree-contenders.js';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const TINY_FILES = 100;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: "a mixed tree: this project's node_modules, at least 20,000 files",
  async run(bench) {
    const least = bench.isTiny ? TINY_FILES : 20_000;
    const { memory: scratch } = bench;
    const storage = scratch.folder('storage');
    const modules = namesIn(MODULES).slice(0, bench.isTiny ? TINY_FILES : undefined);
    const copies = Math.ceil(least / modules.length);
    for (let copy = 1; copy <= copies; copy++) copyTree(MODULES, modules, `${storage}/copy-${copy}`);
    const names = namesIn(storage);
    const bytes = bytesIn(storage, names);
    const timings = await raceTrees(bench, { scratch, storage, names, isSynced: false });
    scratch.remove(storage);
    return {
      setting: `${copies} copies of node_modules without hidden files: ${names.length.toLocaleString('en')} files, ${Math.round(bytes / 1e6)} MB, from ${scratch.fileSystem} to ${scratch.fileSystem}, no fsync on either side.`,
      commands: treeCommands({ isSynced: false }),
      measures: [...timings].map(([name, runs]) => measureOf(name, 'time', runs)),
      judgements: bench.builds.flatMap(({ label }) => judgeSpeed(label, RSYNC, timings, { least: 1 })),
      notes: [],
    };
  },
};
