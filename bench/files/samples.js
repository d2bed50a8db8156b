import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PIECE = 4 << 20;
/** Dated back, so that a server need not wait until it may remember a digest. */
const PAST = new Date('2026-01-02T03:04:05.678Z');

/** @param {string} path */
export const dateBack = (path) => utimesSync(path, PAST, PAST);

/**
 * A file of random bytes; folders included.
 * @param {string} path
 * @param {number} size
 */
export function putRandomFile(path, size) {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(Math.min(size, PIECE));
  for (let left = size; left > 0; left -= piece.length) {
    writeSync(file, randomFillSync(piece), 0, Math.min(left, piece.length));
  }
  closeSync(file);
  dateBack(path);
}

/**
 * A file of nothing but a hole.
 * @param {string} path
 * @param {number} size
 */
export function putSparseFile(path, size) {
  writeFileSync(path, '');
  truncateSync(path, size);
  dateBack(path);
}

/**
 * Files of random bytes, 100 a folder. Returns their names, sorted.
 * @param {string} folder
 * @param {{ count: number, size: number }} files
 */
export function putRandomTree(folder, { count, size }) {
  const perFolder = 100;
  const content = Buffer.alloc(size);
  /** @type {string[]} */
  const names = [];
  for (let number = 0; number < count; number++) {
    const group = String(Math.floor(number / perFolder)).padStart(4, '0');
    if (number % perFolder === 0) mkdirSync(join(folder, group));
    const name = `${group}/${String(number % perFolder).padStart(2, '0')}.bin`;
    writeFileSync(join(folder, name), randomFillSync(content));
    dateBack(join(folder, name));
    names.push(name);
  }
  return names;
}
