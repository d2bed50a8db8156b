import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dateBack } from './samples.js';
import { WrongResult } from './wrong-result.js';

/**
 * Names of all files below a folder, sorted; without hidden ones, which Sealift does not serve.
 * @param {string} folder
 * @param {string} [below]
 * @returns {string[]}
 */
export function namesIn(folder, below = '') {
  /** @type {string[]} */
  const names = [];
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) names.push(...namesIn(folder, name));
    else if (entry.isFile()) names.push(name);
  }
  return names.sort();
}

/**
 * @param {string} source
 * @param {readonly string[]} names
 * @param {string} target
 */
export function copyTree(source, names, target) {
  for (const name of names) {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(source, name), path);
    dateBack(path);
  }
}

/**
 * The same files under a second folder, at no cost of room.
 * @param {string} source
 * @param {string} target
 */
export function linkTree(source, target) {
  for (const name of namesIn(source)) {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    linkSync(join(source, name), path);
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} names
 */
export function bytesIn(folder, names) {
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/**
 * Nothing but the files of `names`, hidden ones counted, and each byte for byte that of `source`.
 * @param {string} source
 * @param {readonly string[]} names sorted
 * @param {string} target
 * @throws WrongResult
 */
export function checkTree(source, names, target) {
  const found = readdirSync(target, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  );
  if (found.length !== names.length) {
    throw new WrongResult(`${found.length} files in ${target}, not ${names.length}`);
  }
  for (const name of names) {
    if (!readFileSync(join(source, name)).equals(readOrNothing(join(target, name)))) {
      throw new WrongResult(`${name} is not what it should be`);
    }
  }
}

/** @param {string} path */
function readOrNothing(path) {
  try {
    return readFileSync(path);
  } catch {
    throw new WrongResult(`${path} is missing`);
  }
}
