import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FETCHER = fileURLToPath(new URL('./kill-fetcher.js', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What is waited for before the delay begins, and the longest delay after it: so many ms, and so much of the transfer. */
export const AIMS = /** @type {const} */ ({
  ready: [15, 1],
  start: [3, 1],
  'part appears': [3, 1],
  'part grows': [2, 0.5],
  progress: [2, 0.5],
  'all received': [3, 0],
  'final appears': [1, 0],
});

/**
 * @typedef {keyof typeof AIMS} Aim
 *
 * @typedef {object} Shot
 * @property {Aim} aim
 * @property {number} share of the file that has to be there before, where the aim is progress; 0 ≤ x < 1
 * @property {number} delay ms after that
 *
 * @typedef {object} KillJob
 * @property {string} url
 * @property {string} name
 * @property {string} dir
 * @property {boolean} force
 * @property {boolean} fsync
 * @property {number} transfer ms that it should take
 * @property {number} events of the part file's growth to be expected
 * @property {boolean} withProgram the program itself, not the fetcher that starts faster
 *
 * How far it was when it died: before the transfer, within it, with all bytes received, or with success reported;
 * `ended`: it ended by itself, and nothing was killed.
 * @typedef {'before' | 'within' | 'publishing' | 'after' | 'ended'} Moment
 */

/**
 * Starts a fetch as a process of its own and kills it.
 * @param {KillJob} job
 * @param {Shot} shot
 * @returns {Promise<{ moment: Moment, errors: string, code: number | null }>}
 */
export async function killOnce(job, shot) {
  const { url, name, dir, force, fsync, withProgram } = job;
  const fast = [FETCHER, url, name, dir, force ? 'force' : '', fsync ? 'fsync' : ''];
  const flags = [...(force ? ['--force'] : []), ...(fsync ? [] : ['--no-fsync'])];
  const args = withProgram ? [PROGRAM, 'fetch', name, '-s', url, '-d', dir, '--json', ...flags] : fast;
  /** @type {Moment} */
  let moment = 'before';
  let grown = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const reached = (/** @type {Aim} */ aim) => {
    if (aim !== shot.aim || timer !== undefined) return;
    if (shot.delay < 0.5) child.kill('SIGKILL');
    timer = setTimeout(() => child.kill('SIGKILL'), shot.delay);
  };
  const watcher = watch(dir, (kind, file) => {
    if (file === name) reached('final appears');
    else if (kind === 'rename') reached('part appears');
    else if (++grown > shot.share * job.events) reached('part grows');
  });
  watcher.on('error', () => {});
  if (withProgram) reached('ready');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { event, bytes = 0, size = 0 } = JSON.parse(line);
    if (event === 'ready') reached('ready');
    if (event === 'start') {
      moment = 'within';
      reached('start');
    }
    if (event === 'progress') {
      moment = bytes === size ? 'publishing' : 'within';
      if (bytes >= shot.share * size) reached('progress');
      if (bytes === size) reached('all received');
    }
    if (event === 'done' || event === 'skipped') moment = 'after';
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  try {
    const [code, signal] = await once(child, 'close');
    if (signal !== 'SIGKILL') return { moment: 'ended', errors, code };
    return { moment, errors, code: null };
  } finally {
    clearTimeout(timer);
    watcher.close();
  }
}
