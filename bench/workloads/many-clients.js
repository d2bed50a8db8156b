import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { putRandomFile } from '../files/samples.js';
import { WrongResult } from '../files/wrong-result.js';
import { median, speedRatio } from '../measure/statistics.js';
import { BodyReader } from '../peers/body-reader.js';
import { measureOf } from '../report/judge.js';
import { figure } from '../report/units.js';
import { FILE, fileContender, storageOfEach } from './file-contenders.js';
import { SlowReaders } from './slow-readers.js';

/**
 * @typedef {import('../measure/timed.js').Timing} Timing
 * @typedef {import('../peers/service.js').Service} Service
 */

const CHUNK = 1 << 20;
const QUIET_LOOK_MS = 500;
/** Slow readers fill what the kernel keeps for them first; they are slow from then on. */
const QUIET_CPU = 0.25;
const QUIET_LOOKS = 40;

/** @type {import('../workload.js').Workload} */
export const workload = {
  title: '1,000 clients at once; 1,000 slow readers beside a fast one',
  async run(bench) {
    const clients = bench.isTiny ? 20 : 1_000;
    const chunks = bench.isTiny ? 32 : 1_024;
    const { memory: scratch } = bench;
    const storage = scratch.folder('storage');
    const source = join(storage, FILE);
    putRandomFile(source, chunks * CHUNK);
    const check = comparison(source);
    /** @typedef {{ ranges: Timing[], alone: Timing[], beside: Timing[], peaks: number[] }} OfBuild */
    /** @type {Map<string, OfBuild>} */
    const results = new Map();

    for (const { build, folder } of storageOfEach(bench, storage)) {
      /** @type {OfBuild} */
      const result = { ranges: [], alone: [], beside: [], peaks: [] };
      results.set(build.label, result);
      const server = await build.serveWarm(folder);
      const fast = fileContender({
        ...{ name: build.label, server, source, scratch },
        command: (dir) => build.fetch(server, FILE, '-d', dir, '--no-fsync'),
      });
      for (let round = 1; round <= bench.rounds; round++) {
        result.ranges.push(await fetchRanges(server, clients, check.piece));
        if (round === 1) result.peaks.push(server.peakBytes() ?? 0);
        result.alone.push(await fast.measure());
        const readers = new SlowReaders(server.port, FILE, clients, check.piece);
        await readers.begun();
        await quiet(server);
        result.beside.push(await fast.measure());
        readers.end();
        bench.log(`round ${round} of ${bench.rounds}, ${build.label}`);
      }
      result.peaks.push(server.peakBytes() ?? 0);
      await server.stop();
    }
    check.close();
    scratch.remove(storage);

    const size = chunks * CHUNK;
    const rate = (/** @type {Timing[]} */ runs) =>
      figure(size / 1e6 / median(runs.map((run) => run.seconds)), 'MB/s');
    return {
      setting: `A file of ${chunks} MiB on ${scratch.fileSystem}. ${clients} connections at once, each asking for another MiB, every byte compared. Then \`sealift fetch\` of the file, alone and while ${clients} connections have asked for all of it and read 16 KiB a second each. All by one process beside one server.`,
      commands: [`sealift fetch -q ${FILE} -d DIR --no-fsync`],
      measures: [...results].flatMap(([label, { ranges, alone, beside, peaks }]) => [
        measureOf(label, `${clients} ranges at once`, ranges, clients * CHUNK),
        measureOf(label, 'fetch alone', alone, size),
        measureOf(label, `fetch beside ${clients} slow readers`, beside, size),
        ...['peak memory after the first ranges', 'peak memory in the end'].map((what, number) => ({
          ...{ contender: `${label}, server`, what, unit: /** @type {const} */ ('MB') },
          values: [(peaks[number] ?? 0) / 1e6],
        })),
      ]),
      judgements: [...results].flatMap(([label, { alone, beside, peaks }]) => [
        {
          ...{
            what: "the server's peak memory",
            build: label,
            ours: figure(Math.max(...peaks) / 1e6, 'MB'),
            theirs: '',
          },
          ...{ value: Math.max(...peaks) / 1e6, unit: /** @type {const} */ ('MB'), target: { most: 256 } },
        },
        {
          ...{ what: 'fast client beside slow ones, against alone', build: label },
          ...{ ours: rate(beside), theirs: rate(alone) },
          ...{ value: speedRatio(beside, alone), unit: /** @type {const} */ ('×'), target: { least: 0.5 } },
        },
      ]),
      notes: [],
    };
  },
};

/**
 * Compares what arrives with the file it should be from.
 * @param {string} path
 */
function comparison(path) {
  const file = openSync(path, 'r');
  const expected = Buffer.alloc(CHUNK);
  return {
    piece: (/** @type {Buffer} */ piece, /** @type {number} */ at) => {
      readSync(file, expected, 0, piece.length, at);
      if (!expected.subarray(0, piece.length).equals(piece)) {
        throw new WrongResult(`other bytes within ${piece.length} from ${at}`);
      }
    },
    close: () => closeSync(file),
  };
}

/**
 * @param {Service} server
 * @param {number} clients
 * @param {(piece: Buffer, at: number) => void} check
 * @returns {Promise<Timing>}
 */
async function fetchRanges(server, clients, check) {
  const startedAt = performance.now();
  const cpuBefore = server.cpuSeconds();
  await Promise.all(
    Array.from({ length: clients }, (_, number) =>
      new BodyReader(server.port, { name: FILE, offset: number * CHUNK, length: CHUNK }).pullAll(check),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  return { seconds, cpuSeconds: null, serverCpuSeconds: server.cpuSeconds() - cpuBefore, peakBytes: null };
}

/**
 * Waits until the server has filled whatever it and the kernel keep for slow readers.
 * @param {Service} server
 */
async function quiet(server) {
  for (let look = 0; look < QUIET_LOOKS; look++) {
    const before = server.cpuSeconds();
    await delay(QUIET_LOOK_MS);
    if ((server.cpuSeconds() - before) * 1_000 < QUIET_CPU * QUIET_LOOK_MS) return;
  }
}
