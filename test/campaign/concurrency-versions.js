import { createHash } from 'node:crypto';
import { SeededRandom } from './seeded-random.js';

const LEAST = 2_000;

/** The files that change while they are fetched, and what is done to each. Sizes in bytes. */
export const FILES = [
  ...plan('replaced', 6, 1_500_000),
  ...plan('edited', 6, 300_000),
  ...plan('deleted', 4, 600_000),
];

/**
 * @param {'replaced' | 'edited' | 'deleted'} how
 * @param {number} count
 * @param {number} most
 */
function plan(how, count, most) {
  return Array.from({ length: count }, (_, nth) => ({ name: `${how}/f${nth}`, how, most }));
}

/**
 * A version of a file: all of it follows from its number, and no page of it is like one of another version.
 * @param {number} seed
 * @param {{ name: string, most: number }} file
 * @param {number} version
 */
export function contentOf(seed, { name, most }, version) {
  const of = createHash('sha256').update(`${seed} ${name} ${version}`).digest();
  const random = new SeededRandom(of.readUInt32BE());
  // Neighbours differ in size: only their bytes tell edits of one millisecond and one size apart.
  const content = Buffer.alloc(random.integer(LEAST, most - 100) + (version % 100));
  for (let at = 0; at < content.length; at += of.length) of.copy(content, at);
  for (let at = 0; at < content.length; at += 512) content[at] = random.integer(0, 255);
  return content;
}

/**
 * How versions are told from each other: by what their bytes are, and by what a listing says of them.
 * @param {string} name
 * @param {Buffer} content
 */
export function tracesOf(name, content) {
  const [sha256, md5] = ['sha256', 'md5'].map((algorithm) =>
    createHash(algorithm).update(content).digest('hex'),
  );
  return {
    bytes: `${name} sha256 ${sha256}`,
    listed: listedAs({ name, md5: String(md5), size: content.length }),
    md5,
  };
}

/** @param {{ name: string, md5: string | null, size: number }} entry */
export function listedAs({ name, md5, size }) {
  return `${name} md5 ${md5} size ${size}`;
}
