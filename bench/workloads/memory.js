import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { md5OfFile } from '../files/file-md5.js';
import { checkFile } from '../files/same-file.js';
import { putSparseFile } from '../files/samples.js';
import { timed } from '../measure/timed.js';
import { aria2, aria2File } from '../peers/aria2.js';
import { curl, curlFile } from '../peers/curl.js';
import { nginx, serveNginx } from '../peers/nginx.js';
import { rsync, rsyncFile, serveRsync } from '../peers/rsync.js';
import { figure } from '../report/units.js';
import { FILE, storageOfEach } from './file-contenders.js';

/** @typedef {import('../workload.js').Bench} Bench */

const MIB = 2 ** 20;
/** A peak is what counts, and needs no median: the large file goes over once. */
const SIZES = [
  { size: MIB, runs: 5 },
  { size: 1_024 * MIB, runs: 2 },
  { size: 8 * 1_024 * MIB, runs: 1 },
];
const TINY_SIZES = [
  { size: MIB, runs: 1 },
  { size: 16 * MIB, runs: 1 },
];

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'memory for files of 1 MiB, 1 GiB and 8 GiB (sparse)',
  async run(bench) {
    const { memory: scratch, disk } = bench;
    const wanted = bench.isTiny ? TINY_SIZES : SIZES;
    const sizes = wanted.filter(({ size }) => size < disk.freeBytes() / 2);
    /** @type {Record<string, { size: number, peaks: number[] }[]>} bytes, by who it is */
    const peaks = {};
    for (const { size, runs } of sizes) {
      const storage = scratch.folder('storage');
      putSparseFile(join(storage, FILE), size);
      for (let run = 1; run <= runs; run++) {
        for (const [name, bytes] of await fetchByEach(bench, storage)) {
          const ofSize = (peaks[name] ??= []).find((entry) => entry.size === size);
          if (ofSize) ofSize.peaks.push(bytes);
          else peaks[name]?.push({ size, peaks: [bytes] });
        }
        bench.log(`${size / MIB} MiB, run ${run} of ${runs}`);
      }
      scratch.remove(storage);
    }

    const highest = (/** @type {string} */ name, /** @type {number} */ size) =>
      Math.max(...(peaks[name]?.find((entry) => entry.size === size)?.peaks ?? []));
    const [large = 0, larger = 0] = sizes.slice(-2).map(({ size }) => size);
    return {
      setting: `Files that are one hole, on ${scratch.fileSystem}, fetched onto ${disk.fileSystem}, no fsync: ${sizes.map(({ size, runs }) => `${size / MIB} MiB (runs: ${runs})`).join(', ')}. The most memory resident (VmHWM), the highest of the runs; each server is started anew for each run, and has hashed the file. Other programs: all processes of the client together.`,
      commands: [
        `sealift fetch -q ${FILE} -d DIR --no-fsync`,
        rsyncFile(`rsync://…/${FILE}`, 'FILE').join(' '),
        curlFile('URL', 'FILE').join(' '),
        aria2File('URL', 'DIR', 'MD5').join(' '),
      ],
      measures: Object.entries(peaks).flatMap(([contender, entries]) =>
        entries.map(({ size, peaks: values }) => ({
          ...{ contender, what: `${size / MIB} MiB`, unit: /** @type {const} */ ('MB') },
          values: values.map((bytes) => bytes / 1e6),
        })),
      ),
      judgements: bench.builds.flatMap(({ label }) =>
        ['client', 'server'].flatMap((side) => {
          const name = `${label}, ${side}`;
          const most = Math.max(...sizes.map(({ size }) => highest(name, size))) / 1e6;
          const [before, after] = [highest(name, large), highest(name, larger)];
          return [
            {
              ...{ what: `peak of the ${side}`, build: label, ours: figure(most, 'MB'), theirs: '' },
              ...{ value: most, unit: /** @type {const} */ ('MB'), target: { most: 150 } },
            },
            {
              what: `growth of the ${side}, ${larger / MIB} MiB against ${large / MIB} MiB`,
              ...{ build: label, ours: figure(after / 1e6, 'MB'), theirs: figure(before / 1e6, 'MB') },
              ...{ value: after / before, unit: /** @type {const} */ ('×'), target: { most: 1.1 } },
            },
          ];
        }),
      ),
      notes: sizes.length < wanted.length ? ['not enough room on the disk for the largest file'] : [],
      series: {
        'memory by size': Object.fromEntries(
          Object.entries(peaks).map(([name, entries]) => [
            name,
            entries.map(({ size }) => ({ at: size, value: highest(name, size) / 1e6 })),
          ]),
        ),
      },
    };
  },
};

/**
 * Fetches the file by each program, and tells the peak of each.
 * @param {Bench} bench
 * @param {string} storage
 * @returns {Promise<[string, number][]>}
 */
async function fetchByEach(bench, storage) {
  const { memory: scratch, disk } = bench;
  const source = join(storage, FILE);
  /** @type {[string, number][]} */
  const peaks = [];
  const fetch = async (
    /** @type {string} */ name,
    /** @type {(dir: string, path: string) => readonly string[]} */ command,
  ) => {
    const dir = disk.folder('target');
    const { peakBytes } = await timed(command(dir, join(dir, FILE)));
    checkFile(source, join(dir, FILE));
    rmSync(dir, { recursive: true });
    peaks.push([name, peakBytes ?? Number.NaN]);
  };
  for (const { build, folder } of storageOfEach(bench, storage)) {
    const server = await build.serveWarm(folder);
    await fetch(`${build.label}, client`, (dir) => build.fetch(server, FILE, '-d', dir, '--no-fsync'));
    peaks.push([`${build.label}, server`, server.peakBytes() ?? Number.NaN]);
    await server.stop();
  }
  if (bench.has(rsync)) {
    const daemon = await serveRsync(storage, scratch);
    await fetch('rsync', (_, path) => rsyncFile(`${daemon.url}/${FILE}`, path));
    await daemon.stop();
  }
  if (bench.has(nginx)) {
    const web = await serveNginx(storage, scratch);
    if (bench.has(curl)) await fetch('curl', (_, path) => curlFile(`${web.url}/${FILE}`, path));
    if (bench.has(aria2)) {
      const md5 = await md5OfFile(source);
      await fetch('aria2', (dir) => aria2File(`${web.url}/${FILE}`, dir, md5));
    }
    await web.stop();
  }
  return peaks;
}
