import { createHash } from 'node:crypto';
import { putSample, sampleBytes, sha256 } from './sample-bytes.js';

const MiB = 1 << 20;
/** Around the boundaries of what Sealift, Node and the kernel cut bytes into. */
const SMALL = [0, 1, 100, 4_095, 4_096, 16_384, 65_535, 65_536, 65_537, 200_000];
const ONE_CHUNK = [700_001, MiB - 1, MiB];
const MANY_CHUNKS = [
  MiB + 1,
  1.5 * MiB,
  2 * MiB - 1,
  2 * MiB,
  2 * MiB + 65_536,
  3 * MiB + 1,
  3.75 * MiB,
  4 * MiB + 12_345,
];
const NAMES = [
  (/** @type {number} */ size) => `${size}.bin`,
  (/** @type {number} */ size) => `folder/deeper/${size}.bin`,
  (/** @type {number} */ size) => `two words ${size}.txt`,
  (/** @type {number} */ size) => `海运/港口 ${size}.pdf`,
];

/** @typedef {{ name: string, size: number, bytes: Buffer, sha256: string, md5: string }} Served */

/**
 * Fills a folder with files to be served. The three lists are picked from by how often each should be met.
 * @param {string} folder
 */
export function fillStorage(folder) {
  let count = 0;
  const put = (/** @type {number} */ size) => {
    const name = /** @type {(size: number) => string} */ (NAMES[count++ % NAMES.length])(size);
    const bytes = sampleBytes(size, `network, ${size}`);
    putSample(folder, name, bytes);
    const md5 = createHash('md5').update(bytes).digest('hex');
    return { name, size, bytes, sha256: sha256(bytes), md5 };
  };
  const small = SMALL.map(put);
  const oneChunk = ONE_CHUNK.map(put);
  const manyChunks = MANY_CHUNKS.map(put);
  return { folder, small, oneChunk, manyChunks, all: [...small, ...oneChunk, ...manyChunks] };
}

/** @typedef {ReturnType<typeof fillStorage>} Storage */

/**
 * @param {Storage} storage
 * @param {import('./seeded-random.js').SeededRandom} random
 * @returns {Served}
 */
export function pickFile({ small, oneChunk, manyChunks }, random) {
  const draw = random.next();
  if (draw < 0.58) return random.pick(small);
  return random.pick(draw < 0.66 ? oneChunk : manyChunks);
}
