import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '#sealift/index.js';
import { FILES } from './concurrency-versions.js';
import { certificateFiles, linkTo, newCertificate } from './over-tls.js';
import { ServedProcess } from './served-process.js';

const FULL = { processes: 4, clients: 200 };
const SMALL = { processes: 2, clients: 24 };
const SMALL_SECONDS = 30;
/** Large enough to be hashed by both workers at once. */
const IDLE_FILES = ['idle0', 'idle1'];
const IDLE_SIZE = 64 << 20;
const GROWTH_MAX = 32 << 20;
const BACK_MS = 10_000;
const LOG_EVERY_S = 60;

const WRITER = fileURLToPath(new URL('./concurrency-writer.js', import.meta.url));
const CLIENT = fileURLToPath(new URL('./concurrency-clients.js', import.meta.url));

/**
 * A process that works until it is told to stop, and says then what it did.
 * @param {string} program
 * @param {(string | number)[]} args
 */
function start(program, args) {
  const child = fork(program, args.map(String), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    ready: async () => void (await once(child, 'message')),
    /** @returns {Promise<any>} */
    stop: async () => {
      const told = Promise.race([
        once(child, 'message'),
        exited.then(([code, signal]) => {
          throw new Error(`${program} ended with ${signal ?? code}`);
        }),
      ]);
      child.send('stop');
      const [report] = await told;
      return report;
    },
  };
}

/**
 * @param {string} parent
 * @param {import('./campaign.js').CampaignOptions} options
 * @param {(() => Promise<void>)[]} ending
 */
async function runAll(parent, { runs: seconds, seed, log, tls = false }, ending) {
  const storage = join(parent, 'storage');
  mkdirSync(storage);
  for (const name of IDLE_FILES) {
    writeFileSync(join(storage, name), '');
    truncateSync(join(storage, name), IDLE_SIZE);
  }
  const crowd = seconds < SMALL_SECONDS ? SMALL : FULL;
  const writer = start(WRITER, [storage, seed]);
  ending.push(writer.kill);
  await writer.ready();
  const certificate = tls ? newCertificate() : null;
  const server = await ServedProcess.start(storage, certificateFiles(parent, certificate));
  ending.push(() => server.kill());
  const url = linkTo(server.url, certificate);
  await startWorkers(url);
  const warmUp = await fetchAll(
    url,
    parent,
    { ...crowd, seconds: Math.min(10, seconds / 4), seed: seed + 1_000 },
    ending,
  );
  const before = { descriptors: await server.fewestDescriptors(), memory: await server.residentBytes() };
  log(`concurrency: ${before.descriptors} descriptors and ${before.memory >> 20} MiB at the start`);
  const timer = setInterval(() => log(`concurrency: ${server.descriptors} descriptors`), LOG_EVERY_S * 1_000);
  const reports = await fetchAll(url, parent, { ...crowd, seconds, seed }, ending);
  clearInterval(timer);
  const written = await writer.stop();
  const after = {
    descriptors: await server.descriptorsBackTo(before.descriptors, BACK_MS),
    memory: await server.residentBytes(),
  };
  const end = await server.stop();

  const failures = [...warmUp, ...reports].flatMap((report) => report.failures);
  const known = new Set(written.versions);
  const seen = new Set([...warmUp, ...reports].flatMap((report) => report.seen));
  const mixtures = [...seen].filter((version) => !known.has(version));
  failures.push(
    ...mixtures.slice(0, 20).map((version) => `never there as a whole: ${version}; seed ${seed}`),
  );
  const growth = after.memory - before.memory;
  if (growth > GROWTH_MAX) failures.push(`the server grew by ${growth} bytes; seed ${seed}`);
  if (after.descriptors > before.descriptors) {
    failures.push(`${before.descriptors} descriptors before, ${after.descriptors} after; seed ${seed}`);
  }
  if (end.code !== 0)
    failures.push(`the server ended with ${end.signal ?? end.code}: ${server.log}; seed ${seed}`);
  return {
    figures: {
      seconds,
      clients: crowd.clients,
      ...sumOf(reports.map(({ tally }) => tally)),
      versions: known.size / 2,
      'traces seen': seen.size,
      mixtures: mixtures.length,
      ...written.done,
      'descriptors before/after': `${before.descriptors}/${after.descriptors}`,
      'server growth KiB': Math.round(growth / 1_024),
    },
    failures,
  };
}

/**
 * @param {string} url
 * @param {string} parent
 * @param {{ processes: number, clients: number, seconds: number, seed: number }} options
 * @param {(() => Promise<void>)[]} ending
 */
async function fetchAll(url, parent, { processes: count, clients, seconds, seed }, ending) {
  const processes = Array.from({ length: count }, (_, nth) =>
    start(CLIENT, [url, join(parent, `downloads-${seed}-${nth}`), clients / count, seed + nth]),
  );
  ending.push(...processes.map(({ kill }) => kill));
  await delay(seconds * 1_000);
  return Promise.all(processes.map(({ stop }) => stop()));
}

/**
 * Makes the server start its hashing workers and the thread that reads small files, which stay: they have descriptors and memory of
 * their own.
 * @param {string} url
 */
async function startWorkers(url) {
  const client = await connect(url);
  await Promise.all(IDLE_FILES.map((name) => client.stat(name, { fresh: true })));
  await buffer(client.read(IDLE_FILES[0] ?? ''));
  client.close();
}

/** @param {Record<string, number>[]} tallies */
function sumOf(tallies) {
  /** @type {Record<string, number>} */
  const sum = {};
  for (const tally of tallies) {
    for (const [what, count] of Object.entries(tally)) sum[what] = (sum[what] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(sum).sort());
}

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe: `clients fetch, stream, list and verify while ${FILES.length} files are replaced, edited and deleted; runs are seconds`,
  fullRuns: 600,
  hasTls: true,
  run: async (options) => {
    const parent = mkdtempSync(join(tmpdir(), 'sealift-concurrency-'));
    /** @type {(() => Promise<void>)[]} */
    const ending = [];
    try {
      return await runAll(parent, options, ending);
    } finally {
      await Promise.all(ending.map((end) => end()));
      rmSync(parent, { recursive: true, force: true });
    }
  },
};
