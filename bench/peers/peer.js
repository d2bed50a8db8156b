import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program that Sealift is compared with.
 * @typedef {object} Peer
 * @property {string} program
 * @property {string} debianPackage
 * @property {string} versionOption
 */

/** Where Debian keeps servers, which not everybody has on the path. */
const SERVERS = ['/usr/sbin', '/usr/local/sbin'];

/**
 * Where the program is; null if it is not there.
 * @param {Peer} peer
 */
export function pathOf({ program }) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVERS];
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Such as `rsync 3.5.0`.
 * @param {Peer} peer
 */
export function versionOf(peer) {
  const { stdout, stderr } = spawnSync(pathOf(peer) ?? peer.program, [peer.versionOption], {
    encoding: 'utf8',
  });
  const number = /\d+(\.\d+)+/.exec(`${stdout ?? ''}${stderr ?? ''}`)?.[0] ?? 'of an unknown version';
  return `${peer.program} ${number}`;
}

/**
 * What to tell people who lack it.
 * @param {Peer} peer
 */
export const howToGet = ({ program, debianPackage }) =>
  `${program} is not here, so the rows are without it (on Debian: apt-get install ${debianPackage})`;
