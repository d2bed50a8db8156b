// npm run bench -- [--only 1,3] [--rounds N] [--tiny] [--json] [--sealift PATH] [--write-docs]
// Times Sealift beside other programs, and exits 1 if anything that arrived was wrong. A target that was missed is
// marked in the table, no failure. Results on stdout, how far it is on stderr.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scratchInMemory, scratchOnDisk } from './files/scratch.js';
import { aria2 } from './peers/aria2.js';
import { curl } from './peers/curl.js';
import { md5sum } from './peers/md5sum.js';
import { nginx } from './peers/nginx.js';
import { howToGet, pathOf } from './peers/peer.js';
import { rsync } from './peers/rsync.js';
import { Sealift } from './peers/sealift.js';
import { wrk } from './peers/wrk.js';
import { writeDocs } from './report/docs.js';
import { describeMachine } from './report/machine.js';
import { inColumns, measureRows, targetRows } from './report/table.js';
import { workloads } from './workload.js';

const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const PEERS = [rsync, nginx, curl, aria2, md5sum, wrk];
/** Of files in memory: twice the largest one, and some. */
const FULL_ROOM = 4.5 * 2 ** 30;
const TINY_ROOM = 2 ** 27;
const USAGE =
  'usage: npm run bench -- [--only 1,3] [--rounds N] [--tiny] [--json] [--sealift PATH/cli/main.js] [--write-docs]';

function readArgs() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        tiny: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        sealift: { type: 'string' },
        'write-docs': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

const { values } = readArgs();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const isTiny = values.tiny;
const rounds = isTiny ? 1 : Number(values.rounds);
const numbers = values.only?.split(',').map(Number) ?? Object.keys(workloads).map(Number);
// A page is about this build, measured in full.
const isPublished = values['write-docs'];
if (
  (isPublished && (isTiny || values.sealift)) ||
  !(rounds >= 1) ||
  !Number.isInteger(rounds) ||
  numbers.some((number) => !workloads[number])
) {
  console.error(USAGE);
  process.exit(2);
}
for (const program of [PROGRAM, ...(values.sealift ? [values.sealift] : [])]) {
  if (existsSync(program)) continue;
  console.error(`${program} is not there; for this clone's own: npm run build`);
  process.exit(2);
}

const needed = isTiny ? TINY_ROOM : FULL_ROOM;
const memory = scratchInMemory(needed);
const disk = scratchOnDisk();
const machine = describeMachine({ peers: PEERS, memory: memory.fileSystem, disk: disk.fileSystem });
for (const line of machine) console.error(line);
if (memory.fileSystem !== 'tmpfs') {
  console.error(
    `/dev/shm is missing, or has no ${needed / 2 ** 30} GiB free: what should be in memory is in ${memory.path}`,
  );
}
const missing = PEERS.filter((peer) => pathOf(peer) === null);
for (const peer of missing) console.error(howToGet(peer));

const builds = [new Sealift('sealift', PROGRAM)];
if (values.sealift) builds.push(new Sealift(values.sealift, resolve(values.sealift)));

/** @type {import('./report/table.js').Result[]} */
const results = [];
/** @type {string[]} */
const failures = [];
for (const number of numbers) {
  const load = /** @type {() => Promise<import('./workload.js').Workload>} */ (workloads[number]);
  const workload = await load();
  const log = (/** @type {string} */ line) => console.error(`${number}: ${line}`);
  const startedAt = performance.now();
  log(workload.title);
  try {
    const has = (/** @type {import('./peers/peer.js').Peer} */ peer) => !missing.includes(peer);
    const outcome = await workload.run({ isTiny, rounds, builds, has, memory, disk, log });
    results.push({ number, title: workload.title, isJudged: !isTiny, rounds, ...outcome });
    log(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s in all`);
  } catch (error) {
    failures.push(`${number}: ${error instanceof Error ? error.message : error}`);
    log(String(error instanceof Error ? error.stack : error));
  }
}

if (values.json) {
  console.log(JSON.stringify({ machine, results, failures }));
} else {
  console.log(`\n${inColumns(measureRows(results))}\n\n${inColumns(targetRows(results))}`);
  for (const { number, notes } of results) for (const note of notes) console.log(`${number}: ${note}`);
}
if (isPublished && failures.length === 0) writeDocs(results, machine);
for (const failure of failures) console.error(`FAILED ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);
