import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { atTheEnd } from './endings.js';
import { PeakWatch } from './peak-watch.js';
import { cpuSecondsOfEndedChildren } from './processes.js';

/**
 * What running a command came to; null where the system does not tell.
 * @typedef {object} Timing
 * @property {number} seconds from its start to its end
 * @property {number | null} cpuSeconds of it and all that it started
 * @property {number | null} serverCpuSeconds of the server that it talked to
 * @property {number | null} peakBytes of it and all that it started
 */

const STDERR_KEPT = 2_000;

/**
 * Runs a command to its end, alone: whatever else runs meanwhile is counted with it.
 * @param {readonly string[]} command
 * @param {object} [options]
 * @param {import('../peers/service.js').Service} [options.server] whose time on the processor counts too
 * @param {string} [options.stdout] a file for what it prints; default: it is returned
 * @param {string} [options.cwd]
 * @param {(child: import('node:child_process').ChildProcess) => void} [options.onStart]
 * @returns {Promise<Timing & { stdout: string }>}
 * @throws if it fails
 */
export async function timed(command, { server, stdout: path, cwd, onStart } = {}) {
  const [program = '', ...args] = command;
  const out = path === undefined ? 'pipe' : openSync(path, 'w');
  const cpuBefore = cpuSecondsOfEndedChildren();
  const serverBefore = server?.cpuSeconds();
  const startedAt = performance.now();
  const child = spawn(program, args, {
    stdio: ['ignore', out, 'pipe'],
    env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const isOver = atTheEnd(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const peak = child.pid === undefined ? null : new PeakWatch(child.pid);
  onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-STDERR_KEPT)));
  const [code, signal] = await once(child, 'exit');
  const seconds = (performance.now() - startedAt) / 1_000;
  const peakBytes = peak?.stop() ?? null;
  const cpuAfter = cpuSecondsOfEndedChildren();
  const serverAfter = server?.cpuSeconds();
  await closed;
  isOver();
  if (typeof out === 'number') closeSync(out);
  if (code !== 0) throw new Error(`${command.join(' ')}: ended with ${code ?? signal}: ${stderr.trim()}`);
  return {
    seconds,
    cpuSeconds: cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore,
    serverCpuSeconds:
      serverBefore === undefined || serverAfter === undefined ? null : serverAfter - serverBefore,
    peakBytes,
    stdout,
  };
}
