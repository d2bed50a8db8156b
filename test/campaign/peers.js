// node test/campaign/peers.js [--runs N] [--seed S]: other programs that fetch files, and Sealift, side by side
// through the same faults. Prints a table in Markdown. Uses what it finds on this machine.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startProxy } from '../fault/proxy.js';
import { DAMAGING, damagingFaults } from './network-faults.js';
import { fillStorage } from './network-storage.js';
import { tools, versionOf } from './peers-tools.js';
import { sha256 } from './sample-bytes.js';
import { quickFolder, scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';

/** @typedef {import('./peers-tools.js').Tool} Tool */

const IN_FLIGHT = 8;
const GIVEN_UP_MS = 30_000;
const SIZES = [4_096, 65_537, 200_000, 1_048_577, 3_145_729];

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = Number(values.runs ?? 200);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const scratch = scratchFolder(quickFolder());
process.once('exit', () => scratch.remove());
// Its servers end with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const folder = join(scratch.path, 'storage');
mkdirSync(folder);
const files = fillStorage(folder).all.filter(({ size }) => SIZES.includes(size));

const found = tools.map((tool) => ({ tool, version: versionOf(tool) }));
const present = found.flatMap(({ tool, version }) => (version === null ? [] : [{ tool, version }]));
const missing = found.filter(({ version }) => version === null).map(({ tool }) => tool.name);

console.log(
  `Runs ${runs} of each, seed ${seed}: the same files and the same faults for all. Not found: ${missing.join(', ') || 'none'}.\n`,
);
console.log(
  '| program | fetches from | runs that were damaged | right file, exit 0 | **wrong file, exit 0** | wrong or partial file under its final name, exit ≠ 0 | no file, exit ≠ 0 | right file, exit ≠ 0 | still running after 30 s |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const { tool, version } of present) {
  const counts = await runAll(tool);
  const { damaged, right, wrong, partial, none, late, unsure } = counts;
  console.log(
    `| ${tool.name} ${/\d+(\.\d+)+/.exec(version)?.[0]} | ${tool.server} | ${[damaged, right, wrong, partial, none, unsure, late].join(' | ')} |`,
  );
}
console.log('\nCommands:\n');
for (const { tool } of present) {
  const shown = tool.command(0, { name: 'NAME', md5: 'MD5' }, 'DIR').join(' ');
  console.log(
    `- \`${shown
      .replace(process.execPath, 'node')
      .replace(/\S*dist\/cli/, 'dist/cli')
      .replace(':0', ':PORT')}\``,
  );
}
process.exit(0);

/** @param {Tool} tool */
async function runAll(tool) {
  const server = await tool.start(folder, scratch.path);
  const counts = { damaged: 0, right: 0, wrong: 0, partial: 0, none: 0, unsure: 0, late: 0 };
  for (const file of files) {
    const outcome = await fetchOnce(tool, server.port, file, []);
    if (outcome.ended !== 'right') throw new Error(`${tool.name} fails without a fault: ${outcome.ended}`);
  }
  let next = 0;
  const work = async () => {
    for (let run = next++; run < runs; run = next++) {
      const outcome = await runOnce(tool, server.port, seed + run);
      if (outcome === null) continue;
      counts.damaged++;
      counts[outcome]++;
      if (outcome === 'wrong')
        console.error(`${tool.name}: a wrong file and exit 0 in run ${run}, seed ${seed + run}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  await server.close();
  return counts;
}

/**
 * Null if nothing was damaged.
 * @param {Tool} tool
 * @param {number} port
 * @param {number} runSeed
 */
async function runOnce(tool, port, runSeed) {
  const random = new SeededRandom(runSeed);
  const file = random.pick(files);
  const { toxics } = damagingFaults(random, file.size);
  const { ended, isHit } = await fetchOnce(tool, port, file, toxics, runSeed);
  return isHit ? ended : null;
}

/**
 * @param {Tool} tool
 * @param {number} port
 * @param {import('./network-storage.js').Served} file
 * @param {import('../fault/toxics/toxic.js').Toxic[]} toxics
 * @param {number} [runSeed]
 * @returns {Promise<{ ended: 'right' | 'wrong' | 'partial' | 'none' | 'unsure' | 'late', isHit: boolean }>}
 */
async function fetchOnce(tool, port, file, toxics, runSeed = 1) {
  const proxy = await startProxy(port, toxics, { seed: runSeed });
  const dir = scratch.newFolder();
  const path = join(dir, file.name);
  mkdirSync(dirname(path), { recursive: true });
  const code = await exitOf(tool.command(proxy.port, file, dir));
  proxy.close();
  const isHit = proxy.hits.some(({ kind }) => DAMAGING.has(kind));
  const content = existsSync(path) ? readFileSync(path) : null;
  scratch.remove(dir);
  if (code === null) return { ended: 'late', isHit };
  const isRight = content !== null && sha256(content) === file.sha256;
  if (code === 0) return { ended: isRight ? 'right' : 'wrong', isHit };
  if (content === null) return { ended: 'none', isHit };
  return { ended: isRight ? 'unsure' : 'partial', isHit };
}

/**
 * Null if it had to be killed.
 * @param {string[]} command
 * @returns {Promise<number | null>}
 */
function exitOf([program = '', ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), GIVEN_UP_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}
