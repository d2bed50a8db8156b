import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blake3 } from '@napi-rs/blake-hash';

/** In every file outside, and in none inside. */
export const MARKER = 'OUTSIDE-THE-STORAGE';
/** In each folder, inside and outside; some are hashed in a worker thread, some at once. */
const FILES = ['secret', 'sub/deep'];
const SIZES = { inside: [70_000, 900], outside: [71_111, 1_313] };

/** What the flipper exchanges; names below the storage. */
export const FLIPS = {
  /** A folder, and a link to a folder outside. */
  folder: 'flip',
  /** A link to a folder inside, and one to a folder outside: exchanged in one step. */
  link: 'link',
  /** A link to a file inside, and one to a file outside. */
  leaf: 'leaf',
  /** A file, and a link to a file outside. */
  file: 'file',
};

/** The names that are asked for. */
export const NAMES = [
  ...FILES.map((file) => `${FLIPS.folder}/${file}`),
  ...FILES.map((file) => `${FLIPS.link}/${file}`),
  FLIPS.leaf,
  FLIPS.file,
];

/** @typedef {{ md5: string, manifest: string }} Version digests in hex */

/**
 * Makes a storage and a folder beside it that looks the same and must never be seen.
 * @param {string} parent
 */
export function makeRaceStorage(parent) {
  const [storage, outside] = [join(parent, 'storage'), join(parent, 'outside')];
  const inside = join(storage, FLIPS.folder);
  mkdirSync(join(storage, 'steady'), { recursive: true });
  for (const folder of [inside, join(storage, 'steady')]) putFiles(folder, SIZES.inside, 'inside ');
  putFiles(outside, SIZES.outside, `${MARKER} `);
  writeOld(join(storage, FLIPS.file), contentOf(SIZES.inside[1], 'inside '));
  symlinkSync(outside, join(storage, '.flip-out'));
  symlinkSync('steady', join(storage, FLIPS.link));
  symlinkSync('steady/secret', join(storage, FLIPS.leaf));
  symlinkSync(join(outside, 'secret'), join(storage, '.file-out'));
  return { storage, outside };
}

/** What a file inside is, by the size that only files inside have: nothing else may ever be answered. */
export function insideVersions() {
  return new Map(SIZES.inside.map((size) => [size, versionOf(contentOf(size, 'inside '))]));
}

/**
 * @param {Buffer} content
 * @returns {Version}
 */
function versionOf(content) {
  // Files of one chunk.
  return { md5: md5(content), manifest: blake3(content).toString('hex') };
}

/** Of the files outside: sizes and digests, which tell of them as well as their bytes do. */
export function outsideTraces() {
  return SIZES.outside.flatMap((size) => [String(size), md5(contentOf(size, `${MARKER} `))]);
}

/**
 * @param {string} folder
 * @param {number[]} sizes
 * @param {string} text
 */
function putFiles(folder, sizes, text) {
  mkdirSync(join(folder, 'sub'), { recursive: true });
  for (const [at, file] of FILES.entries()) writeOld(join(folder, file), contentOf(sizes[at], text));
}

/**
 * @param {number | undefined} size
 * @param {string} text
 */
function contentOf(size, text) {
  return Buffer.alloc(size ?? 0, text);
}

/**
 * Dated back, so that its digest is remembered.
 * @param {string} path
 * @param {Buffer} content
 */
function writeOld(path, content) {
  writeFileSync(path, content);
  utimesSync(path, 1e9, 1e9);
}

/** @param {Buffer} bytes */
function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex');
}
