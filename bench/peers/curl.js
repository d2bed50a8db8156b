import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOfName } from './url-path.js';

/** @type {import('./peer.js').Peer} */
export const curl = { program: 'curl', debianPackage: 'curl', versionOption: '--version' };

const ALONE = ['curl', '-q', '-sSf'];

/**
 * @param {string} url
 * @param {string} target
 */
export const curlFile = (url, target) => [...ALONE, '-o', target, url];

/**
 * Prints the MD5.
 * @param {string} url
 * @param {string} target
 */
export const curlTeeMd5sum = (url, target) => [
  ...['sh', '-c', `${ALONE.join(' ')} "$1" | tee "$2" | md5sum`, 'sh', url, target],
];

/**
 * Prints the MD5.
 * @param {string} url
 * @param {string} target
 */
export const curlThenMd5sum = (url, target) => [
  ...['sh', '-c', `${ALONE.join(' ')} -o "$2" "$1" && md5sum "$2"`, 'sh', url, target],
];

/** @param {string} list */
export const curlTree = (list) => [
  ...[...ALONE, '--parallel', '--parallel-max', '8', '--create-dirs', '--config', list],
];

/**
 * What `curlTree` reads.
 * @param {string} list
 * @param {string} url
 * @param {readonly string[]} names
 * @param {string} target
 */
export function writeCurlList(list, url, names, target) {
  const lines = names.map((name) => `url = "${url}/${pathOfName(name)}"\noutput = "${join(target, name)}"\n`);
  writeFileSync(list, lines.join(''));
}
