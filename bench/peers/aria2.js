import { writeFileSync } from 'node:fs';
import { pathOfName } from './url-path.js';

/** @type {import('./peer.js').Peer} */
export const aria2 = { program: 'aria2c', debianPackage: 'aria2', versionOption: '--version' };

const ALONE = ['aria2c', '--no-conf', '-q', '--file-allocation=none'];

/**
 * @param {string} url
 * @param {string} dir
 * @param {string} md5
 */
export const aria2File = (url, dir, md5) => [...ALONE, `--checksum=md5=${md5}`, '-d', dir, url];

/**
 * @param {string} list
 * @param {string} dir
 */
export const aria2Tree = (list, dir) => [...ALONE, '-j16', '-d', dir, '-i', list];

/**
 * What `aria2Tree` reads.
 * @param {string} list
 * @param {string} url
 * @param {readonly string[]} names
 */
export function writeAria2List(list, url, names) {
  writeFileSync(list, names.map((name) => `${url}/${pathOfName(name)}\n  out=${name}\n`).join(''));
}
