import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { md5OfFile } from '../files/file-md5.js';
import { checkFile } from '../files/same-file.js';
import { WrongResult } from '../files/wrong-result.js';
import { median } from '../measure/statistics.js';
import { timed } from '../measure/timed.js';
import { deferredBody } from '../peers/deferred-body.js';
import { waitUntilHashed } from '../peers/sealift.js';
import { Wire } from '../peers/wire.js';
import { judgeSpeed, measureOf } from '../report/judge.js';
import { figure } from '../report/units.js';
import { FILE, putLargeFile, storageOfEach } from './file-contenders.js';

/**
 * @typedef {import('../peers/sealift.js').Sealift} Sealift
 * @typedef {import('../measure/timed.js').Timing} Timing
 */

const LOOK_MS = 1;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: 'a 2 GiB file that is not in the index',
  async run(bench) {
    const { scratch, storage, source, size } = putLargeFile(bench);
    const md5 = await md5OfFile(source);
    /** @type {Map<string, Timing[]>} */
    const timings = new Map();
    /** @type {Record<'request' | 'program', Map<string, number[]>>} milliseconds */
    const firstBytes = { request: new Map(), program: new Map() };
    const note = (
      /** @type {Map<string, any[]>} */ map,
      /** @type {string} */ name,
      /** @type {any} */ value,
    ) => map.set(name, [...(map.get(name) ?? []), value]);

    const storages = storageOfEach(bench, storage);
    for (let round = 1; round <= bench.rounds; round++) {
      for (const { build, folder } of storages) {
        const { label } = build;
        note(firstBytes.request, label, await firstByteOfRequest(build, folder));
        const cold = await serveCold(build, folder);
        const run = await fetchOnce(build, cold, scratch, source);
        note(timings, `${label}, cold`, run.timing);
        note(firstBytes.program, label, run.firstByteMs);
        // It goes on with what the other one learnt.
        await waitUntilHashed(cold);
        await cold.stop();
        note(
          timings,
          `${label}, cold, to one that only receives`,
          await receiveCold(build, folder, size, md5),
        );
        const warm = await build.serveWarm(folder);
        note(timings, `${label}, warm`, (await fetchOnce(build, warm, scratch, source)).timing);
        await warm.stop();
      }
      bench.log(`round ${round} of ${bench.rounds}`);
    }
    scratch.remove(storage);

    return {
      setting: `One file of ${size / 2 ** 20} MiB of random bytes from ${scratch.fileSystem} to ${scratch.fileSystem}, no fsync. Cold: the index was removed, and the server is asked as soon as it says that it listens; warm: it has the digest. The first byte is timed from a \`get\` with \`defer\` on an open connection, and, not judged, from the start of \`sealift fetch\` until something is in the part file. To one that only receives: from that \`get\` to the digest behind the body, which shows what the server alone can do.`,
      commands: [`sealift fetch -q ${FILE} -d DIR --no-fsync`],
      measures: [
        ...[...firstBytes.request].map(([contender, values]) => ({
          ...{
            contender,
            what: 'first body byte after the request',
            unit: /** @type {const} */ ('ms'),
            values,
          },
        })),
        ...[...firstBytes.program].map(([contender, values]) => ({
          ...{
            contender,
            what: 'first byte on disk after the start of fetch',
            unit: /** @type {const} */ ('ms'),
            values,
          },
        })),
        ...[...timings].map(([name, runs]) => measureOf(name, 'rate', runs, size)),
      ],
      judgements: bench.builds.flatMap(({ label }) => {
        const first = median(firstBytes.request.get(label) ?? []);
        const [speed] = judgeSpeed(
          `${label}, cold`,
          `${label}, warm`,
          timings,
          { least: 1 },
          { bytes: size },
        );
        if (speed?.value == null) throw new Error('no rounds');
        return [
          {
            ...{
              what: 'first body byte after the request',
              build: label,
              ours: figure(first, 'ms'),
              theirs: '',
            },
            ...{ value: first, unit: /** @type {const} */ ('ms'), target: { most: 50 } },
          },
          // Told as a time, not as a speed: so many times as long as the warm one.
          {
            ...speed,
            what: 'whole fetch, against warm',
            build: label,
            value: 1 / speed.value,
            target: { most: 1.1 },
          },
        ];
      }),
      notes: [],
    };
  },
};

/**
 * @param {Sealift} build
 * @param {string} folder
 */
async function serveCold(build, folder) {
  rmSync(join(folder, '.sealift'), { recursive: true, force: true });
  return build.serve(folder);
}

/**
 * Milliseconds from a request to the first byte of the body.
 * @param {Sealift} build
 * @param {string} folder
 */
async function firstByteOfRequest(build, folder) {
  const server = await serveCold(build, folder);
  const wire = await Wire.to(server.port);
  const askedAt = performance.now();
  wire.send({ op: 'get', name: FILE, defer: true });
  const header = await wire.header();
  if (header.ok !== true) throw new Error(JSON.stringify(header));
  await wire.bytes(1);
  const milliseconds = performance.now() - askedAt;
  wire.close();
  await server.stop();
  return milliseconds;
}

/**
 * What the server alone takes: nobody else hashes on its cores.
 * @param {Sealift} build
 * @param {string} folder
 * @param {number} size bytes
 * @param {string} expected its MD5
 * @returns {Promise<Timing>}
 */
async function receiveCold(build, folder, size, expected) {
  const server = await serveCold(build, folder);
  const askedAt = performance.now();
  const md5 = await deferredBody(server.port, FILE, size);
  const seconds = (performance.now() - askedAt) / 1_000;
  if (md5 !== expected) throw new WrongResult(`told of the MD5 ${md5}, not ${expected}`);
  const timing = { seconds, cpuSeconds: null, serverCpuSeconds: server.cpuSeconds(), peakBytes: null };
  await server.stop();
  return timing;
}

/**
 * @param {Sealift} build
 * @param {import('../peers/service.js').Service} server
 * @param {import('../files/scratch.js').Scratch} scratch
 * @param {string} source
 */
async function fetchOnce(build, server, scratch, source) {
  const dir = scratch.folder('target');
  let firstByteMs = Number.NaN;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    if (!hasBytes(dir)) return;
    firstByteMs = performance.now() - startedAt;
    clearInterval(timer);
  }, LOOK_MS);
  const timing = await timed(build.fetch(server, FILE, '-d', dir, '--no-fsync'), { server });
  clearInterval(timer);
  checkFile(source, join(dir, FILE));
  rmSync(dir, { recursive: true });
  return { timing, firstByteMs };
}

/**
 * Room that is only reserved does not count.
 * @param {string} dir
 */
function hasBytes(dir) {
  return readdirSync(dir).some(
    (name) => (statSync(join(dir, name), { throwIfNoEntry: false })?.blocks ?? 0) > 0,
  );
}
