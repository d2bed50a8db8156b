import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/helpers/ports.js';
import { pathOf } from './peer.js';
import { Service } from './service.js';

/** @type {import('./peer.js').Peer} */
export const rsync = { program: 'rsync', debianPackage: 'rsync', versionOption: '--version' };

/** As it is, it waits a few times for the 40 ms after which a kernel acknowledges what was sent in small pieces. */
export const WITHOUT_DELAY = { daemon: ['socket options = TCP_NODELAY'], client: ['--sockopts=TCP_NODELAY'] };

/**
 * A daemon; started by root it keeps root's rights, as what it serves is readable by its owner only.
 * @param {string} folder
 * @param {import('../files/scratch.js').Scratch} scratch
 * @param {string[]} [more] settings
 */
export async function serveRsync(folder, scratch, more = []) {
  const port = await freePort();
  const home = scratch.folder('rsync');
  const settings = join(home, 'rsyncd.conf');
  const rights = process.getuid?.() === 0 ? ['uid = root', 'gid = root'] : [];
  const lines = [
    ...[...more, 'use chroot = no', 'max connections = 0', `log file = ${join(home, 'log')}`, ...rights],
    ...['[files]', `path = ${folder}`, 'read only = yes', 'exclude = .sealift/'],
  ];
  writeFileSync(settings, `${lines.join('\n')}\n`);
  const service = new Service([
    ...[pathOf(rsync) ?? 'rsync', '--daemon', '--no-detach'],
    ...['--address=127.0.0.1', `--port=${port}`, `--config=${settings}`],
  ]);
  await service.answersAt(port);
  service.url = `rsync://127.0.0.1:${port}/files`;
  return service;
}

/**
 * @param {string} url
 * @param {string} target
 * @param {string[]} [options]
 */
export const rsyncFile = (url, target, options = []) => ['rsync', ...options, url, target];

/**
 * @param {string} url
 * @param {string} target
 * @param {string[]} [options]
 */
export const rsyncTree = (url, target, options = []) => ['rsync', '-r', ...options, `${url}/`, target];
