import { fork, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '#sealift/index.js';
import { membersOf, untilEmpty } from '../helpers/processes.js';
import { scratchFolder } from './scratch-folder.js';
import { SeededRandom } from './seeded-random.js';
import { within } from './within.js';

const FULL = { killed: 200, bytes: 1 << 30, mixed: 40 };
const SMALL = { killed: 8, bytes: 64 << 20, mixed: 2 };
const SMALL_RUNS = 1_000;
const AT_ONCE = 4;
const LEAVES_MS = 20_000;
const GROWTH_MAX = 48 << 20;

const SERVER = fileURLToPath(new URL('./exec-server.js', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Writes so many bytes that nobody can guess to stdout, and their MD5 to stderr. */
const NOISE = `
  const { createHash, randomBytes } = require('node:crypto');
  const md5 = createHash('md5');
  let left = Number(process.argv[1]);
  const write = () => {
    if (left === 0) return process.stderr.write(md5.digest('hex'));
    const bytes = randomBytes(Math.min(left, 1 << 20));
    left -= bytes.length;
    md5.update(bytes);
    process.stdout.write(bytes, write);
  };
  write();`;

/** @param {number | undefined} pid */
function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}

/**
 * One command after the other over one connection: each has its own output and exit code.
 * @param {string} url
 * @param {import('./campaign.js').CampaignOptions} options
 */
async function inARow(url, { runs, seed, log }) {
  const random = new SeededRandom(seed);
  const client = await connect(url, { connections: 1 });
  const failures = [];
  const startedAt = performance.now();
  for (let nth = 0; nth < runs; nth++) {
    const [word, code] = [String(random.integer(0, 2 ** 31)), random.integer(0, 255)];
    const got = { stdout: '', stderr: '' };
    const end = await client.exec(['sh', '-c', `echo ${word}; echo ${nth} >&2; exit ${code}`], {
      stdout: (bytes) => void (got.stdout += bytes),
      stderr: (bytes) => void (got.stderr += bytes),
    });
    const isRight =
      got.stdout === `${word}\n` && got.stderr === `${nth}\n` && 'exit' in end && end.exit === code;
    if (!isRight) failures.push(`command ${nth}: ${JSON.stringify([end, got])}; seed ${seed}`);
    if (nth % 1_000 === 999) log(`exec: ${nth + 1} commands`);
  }
  client.close();
  return { failures, perSecond: Math.round((runs * 1_000) / (performance.now() - startedAt)) };
}

/**
 * Clients that are killed while a program with children runs for them.
 * @param {string} url
 * @param {number} count
 * @param {number} seed
 */
async function killed(url, count, seed) {
  const random = new SeededRandom(seed);
  const scripts = [
    'echo $$; sleep 300',
    'echo $$; sleep 300 & sleep 300 | sleep 300',
    'echo $$; exec yes',
    "trap '' HUP; echo $$; while :; do sleep 1; done",
    'echo $$; cat > /dev/null; sleep 300',
  ];
  /** @type {string[]} */
  const failures = [];
  let left = 0;
  const work = async (/** @type {number} */ share) => {
    for (let nth = 0; nth < share; nth++) {
      const script = random.pick(scripts);
      const child = spawn(process.execPath, [PROGRAM, 'exec', '-s', url, '-c', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdin.on('error', () => {});
      if (random.chance(0.5)) child.stdin.write(Buffer.alloc(3_000_000));
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      const group = Number(line);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await within(LEAVES_MS, untilEmpty(group)).catch(() => {
        left += membersOf(group).length;
        failures.push(`left of "${script}": ${membersOf(group)}; seed ${seed}`);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, nth) => work(Math.floor((count + nth) / AT_ONCE))));
  return { failures, left };
}

/**
 * A long output, and what it costs in memory at both ends.
 * @param {string} url
 * @param {number} bytes
 * @param {number | undefined} pid of the server
 */
async function large(url, bytes, pid) {
  const client = await connect(url);
  await client.exec(['node', '-e', NOISE, String(8 << 20)]);
  const before = { server: residentBytes(pid), client: process.memoryUsage.rss() };
  const growth = { server: 0, client: 0 };
  const md5 = createHash('md5');
  let [count, told, next] = [0, '', 0];
  const startedAt = performance.now();
  const end = await client.exec([process.execPath, '-e', NOISE, String(bytes)], {
    stdout: (piece) => {
      md5.update(piece);
      count += piece.length;
      if (count < next) return;
      next += 8 << 20;
      growth.server = Math.max(growth.server, residentBytes(pid) - before.server);
      growth.client = Math.max(growth.client, process.memoryUsage.rss() - before.client);
    },
    stderr: (piece) => void (told += piece),
  });
  client.close();
  const failures = [];
  const digest = md5.digest('hex');
  if (!('exit' in end) || end.exit !== 0) failures.push(`the long output ended with ${JSON.stringify(end)}`);
  if (count !== bytes || digest !== told) failures.push(`${count} of ${bytes} bytes, ${digest} for ${told}`);
  if (growth.server > GROWTH_MAX) failures.push(`the server grew by ${growth.server} bytes`);
  if (growth.client > GROWTH_MAX) failures.push(`the client grew by ${growth.client} bytes`);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { failures, growth, perSecond: Math.round(bytes / 1e6 / seconds) };
}

/**
 * Commands that run at the same time, each with a pattern of its own on both streams.
 * @param {string} url
 * @param {number} rounds
 * @param {number} seed
 */
async function mixed(url, rounds, seed) {
  const client = await connect(url, { connections: AT_ONCE });
  const random = new SeededRandom(seed);
  const failures = [];
  for (let round = 0; round < rounds; round++) {
    const faults = await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, nth) => {
        const word = `${round}.${nth}.${random.integer(0, 2 ** 31)}\n`;
        const times = random.integer(1_000, 20_000);
        const got = { stdout: '', stderr: '' };
        const both = `yes out${word.trim()} | head -n ${times} & yes err${word.trim()} | head -n ${times} >&2; wait`;
        await client.exec(
          { shell: both },
          { stdout: (bytes) => void (got.stdout += bytes), stderr: (bytes) => void (got.stderr += bytes) },
        );
        const isRight =
          got.stdout === `out${word}`.repeat(times) && got.stderr === `err${word}`.repeat(times);
        return isRight ? [] : [`mixed: round ${round}, command ${nth}; seed ${seed}`];
      }),
    );
    failures.push(...faults.flat());
  }
  client.close();
  return { failures };
}

/** @type {import('./campaign.js').Campaign} */
export const campaign = {
  describe:
    'commands in a row, killed clients, a long output, commands at the same time; runs are commands in a row',
  fullRuns: 10_000,
  hasTls: true,
  run: async (options) => {
    const sizes = options.runs < SMALL_RUNS ? SMALL : FULL;
    const { seed, log, tls = false } = options;
    const scratch = scratchFolder();
    const args = [scratch.newFolder(), ...(tls ? ['tls'] : [])];
    const server = fork(SERVER, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      const [url] = await once(server, 'message');
      const row = await inARow(url, options);
      const long = await large(url, sizes.bytes, server.pid);
      log('exec: the long output has come');
      const beside = await mixed(url, sizes.mixed, seed);
      const kills = await killed(url, sizes.killed, seed);
      const exited = once(server, 'exit');
      server.kill('SIGTERM');
      const [code] = await exited;
      const failures = [row, long, beside, kills].flatMap((part) => part.failures);
      if (code !== 0) failures.push(`the server ended with ${code}; seed ${seed}`);
      return {
        figures: {
          commands: options.runs,
          'commands/s': row.perSecond,
          'output MiB': sizes.bytes >> 20,
          'MB/s': long.perSecond,
          'server growth KiB': long.growth.server >> 10,
          'client growth KiB': long.growth.client >> 10,
          'commands at the same time': sizes.mixed * AT_ONCE,
          'killed clients': sizes.killed,
          'processes left': kills.left,
        },
        failures,
      };
    } finally {
      server.kill('SIGKILL');
      scratch.remove();
    }
  },
};
