// The main job from end to end, with the program as it is built: serve, list, fetch, verify, and a damaged download
// that is rejected. Exits 0 only if all of that was so.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startProxy } from '../fault/proxy.js';
import { bandwidth, flipBits } from '../fault/toxics.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'dist/cli/main.js');
const storage = join(root, 'storage');
const downloads = join(root, 'downloads');
const NAME = 'girl.png';
/** Slow enough to see the bar move. */
const BANDWIDTH = 400_000;
/** A single flipped bit would be mended: the file is fetched again a few times before it is given up. */
const DAMAGED = Array.from({ length: 40 }, (_, k) => 100_000 + k * 300_000);
const EXIT_INTEGRITY = 4;

/** @param {string} text */
const say = (text) => console.log(`\n\x1b[1m${text}\x1b[0m`);

/**
 * Runs `sealift ARGS` in this terminal and returns its exit code.
 * @param {string[]} args
 */
async function sealift(args) {
  console.log(`$ sealift ${args.join(' ')}`);
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit', cwd: root });
  const [code] = await once(child, 'close');
  return code;
}

/**
 * @param {boolean} condition
 * @param {string} what
 */
function require(condition, what) {
  if (!condition) throw new Error(what);
}

/** @param {string} path */
const digest = (path) => createHash('md5').update(readFileSync(path)).digest('hex');

async function main() {
  const target = 'downloads/damaged.png';
  // Of an earlier demo.
  for (const left of [join(downloads, NAME), join(root, target)]) rmSync(left, { force: true });
  say('1. A server on storage/, on a free port');
  const server = spawn(
    process.execPath,
    [program, 'serve', storage, '--port', '0', '--json', '--log', 'off'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  process.on('exit', () => server.kill());
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  const { url, port } = JSON.parse(line);
  console.log(`Serving storage at ${url}`);

  say('2. What it has');
  require((await sealift(['list', '-s', url])) === 0, 'the listing failed');

  say(`3. Fetching ${NAME}, over a line of ${BANDWIDTH / 1_000} kB/s`);
  const line400 = await startProxy(port, [bandwidth({ rate: BANDWIDTH })]);
  require((await sealift(['fetch', NAME, '-s', line400.url])) === 0, 'the download failed');
  line400.close();
  require(digest(join(downloads, NAME)) === digest(join(storage, NAME)), 'the download is not the original');

  say('4. Verifying what arrived, without downloading it again');
  require((await sealift(['verify', NAME, '-s', url])) === 0, 'the file did not verify');

  say('5. The same over a line that damages each copy of the picture: one bit in 300,000 bytes is flipped');
  const before = readdirSync(downloads).join('\n');
  const damaging = await startProxy(port, [flipBits({ at: DAMAGED })]);
  const code = await sealift(['fetch', NAME, '-s', damaging.url, '-o', target]);
  damaging.close();
  require(code === EXIT_INTEGRITY, `the damaged download ended in exit code ${code}, not ${EXIT_INTEGRITY}`);
  require(!existsSync(join(root, target)), 'the damaged file is there');
  require(readdirSync(downloads).join('\n') === before, 'something was left behind');
  console.log(`Exit code ${code}; nothing was left behind.`);

  server.kill('SIGTERM');
  const [exit] = await once(server, 'exit');
  require(exit === 0, `the server ended in exit code ${exit}`);
  say(`All as it should be. The file is ${join(downloads, NAME)}`);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
