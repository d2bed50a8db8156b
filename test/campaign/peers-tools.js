import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serve } from '#sealift/index.js';
import { answers, freePort } from '../helpers/ports.js';
import { serveHttp } from './peers-http.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/**
 * A program that fetches files.
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} server what it fetches from, in words
 * @property {string[]} version command that tells its version
 * @property {(folder: string, scratch: string) => Promise<{ port: number, close: () => unknown }>} start its server
 * @property {(port: number, file: { name: string, md5: string }, dir: string) => string[]} command
 */

/** Each gives up after 2 s of silence and tries 4 times in all, where it can be told so. @type {Tool[]} */
export const tools = [
  {
    name: 'sealift',
    server: 'sealift serve',
    version: [process.execPath, PROGRAM, '--version'],
    start: async (folder) => {
      const server = await serve(folder, { port: 0 });
      const close = async () => {
        server.abort();
        await server.close();
      };
      return { port: server.port, close };
    },
    command: (port, { name }, dir) => [
      ...[process.execPath, PROGRAM, 'fetch', name, '-d', dir, '-s', `127.0.0.1:${port}`],
      ...['--timeout', '2s', '--retries', '3', '--no-fsync', '-q'],
    ],
  },
  {
    name: 'curl',
    server: 'HTTP, with ranges and ETag (node:http)',
    version: ['curl', '--version'],
    start: serveHttp,
    command: (port, { name }, dir) => [
      ...[
        'curl',
        '-q',
        '-fsS',
        '-C',
        '-',
        '-o',
        join(dir, name),
        `http://127.0.0.1:${port}/${encodeURI(name)}`,
      ],
      ...['--retry', '3', '--retry-all-errors', '--retry-delay', '1'],
      ...['--connect-timeout', '2', '--speed-limit', '1', '--speed-time', '2'],
    ],
  },
  {
    name: 'rsync',
    server: 'rsync daemon',
    version: ['rsync', '--version'],
    start: startRsync,
    command: (port, { name }, dir) => [
      ...['rsync', '-t', '--timeout=2', '--contimeout=2'],
      ...[`rsync://127.0.0.1:${port}/files/${name}`, join(dir, name)],
    ],
  },
  {
    name: 'aria2c',
    server: 'HTTP, with ranges and ETag (node:http)',
    version: ['aria2c', '--version'],
    start: serveHttp,
    command: (port, { name, md5 }, dir) => [
      ...['aria2c', '--no-conf', '-q', '-d', dir, '-o', name, `--checksum=md5=${md5}`],
      ...['--max-tries=4', '--timeout=2', '--connect-timeout=2', '--file-allocation=none'],
      ...['--auto-file-renaming=false', `http://127.0.0.1:${port}/${encodeURI(name)}`],
    ],
  },
];

/**
 * First line of what it says of its version; null if it is not there.
 * @param {Tool} tool
 */
export function versionOf({ version: [command = '', ...args] }) {
  try {
    const said = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return String(said.split('\n')[0]).replace(/ {2,}/g, ' ');
  } catch {
    return null;
  }
}

/**
 * @param {string} folder
 * @param {string} scratch
 */
async function startRsync(folder, scratch) {
  const port = await freePort();
  const settings = join(scratch, 'rsyncd.conf');
  const lines = ['use chroot = no', 'max connections = 0', '[files]', `path = ${folder}`, 'read only = yes'];
  writeFileSync(settings, `${lines.join('\n')}\n`);
  const args = ['--daemon', '--no-detach', '--address=127.0.0.1', `--port=${port}`, `--config=${settings}`];
  const child = spawn('rsync', args, { stdio: 'ignore' });
  const close = () => child.kill();
  process.once('exit', close);
  while (!(await answers(port))) await sleep(50);
  return { port, close };
}
