import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PAST = new Date('2026-01-02T03:04:05.678Z');

/**
 * Bytes that look random and are the same for the same seed.
 * @param {number} size
 * @param {number | string} seed
 */
export function sampleBytes(size, seed) {
  const bytes = Buffer.alloc(size);
  let block = createHash('sha256').update(String(seed)).digest();
  for (let at = 0; at < size; at += block.length) {
    block = createHash('sha256').update(block).digest();
    block.copy(bytes, at);
  }
  return bytes;
}

/**
 * Writes a file, folders included, dated back, so that a server may remember its digest.
 * @param {string} folder
 * @param {string} name
 * @param {Uint8Array | string} content
 */
export function putSample(folder, name, content) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, PAST, PAST);
}

/** @param {Uint8Array | string} bytes */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * SHA-256 of a file; null if there is none.
 * @param {string} path
 */
export function sha256OfFile(path) {
  return existsSync(path) ? sha256(readFileSync(path)) : null;
}

/**
 * Paths of all files below a folder, hidden ones too, sorted.
 * @param {string} folder
 */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
