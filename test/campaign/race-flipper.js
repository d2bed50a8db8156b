// A process of the campaign `race`: exchanges what is inside for links that lead outside, as fast as it can, until it is told
// to stop. Arguments: the storage, the folder outside, a seed.
import { lstatSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { FLIPS } from './race-storage.js';
import { SeededRandom } from './seeded-random.js';

const [storage = '', outside = '', seed = '0'] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const at = (/** @type {string} */ name) => join(storage, name);
const flips = { folder: 0, link: 0, leaf: 0, file: 0 };
/** A file that was renamed is young, and nobody is served it before the clock has ticked. */
const FILE_REST_MS = 60;

/**
 * Exchanges two by way of a third name.
 * @param {string} name
 * @param {string} other
 */
function exchange(name, other) {
  renameSync(at(name), at(`${other}-aside`));
  renameSync(at(other), at(name));
  renameSync(at(`${other}-aside`), at(other));
}

/**
 * A link takes the place of another in one step.
 * @param {string} name
 * @param {string} target
 */
function point(name, target) {
  symlinkSync(target, at(`.${name}-new`));
  renameSync(at(`.${name}-new`), at(name));
}

/** For a random while, so that each state meets every step of a request. */
function rest() {
  if (random.chance(0.5)) return;
  for (const until = performance.now() + random.next() * 0.4; performance.now() < until; );
}

let fileFlippedAt = 0;
function round() {
  exchange(FLIPS.folder, '.flip-out');
  flips.folder++;
  rest();
  const isOut = flips.link % 2 === 0;
  point(FLIPS.link, isOut ? outside : 'steady');
  point(FLIPS.leaf, isOut ? join(outside, 'secret') : 'steady/secret');
  flips.link++;
  flips.leaf++;
  rest();
  if (performance.now() - fileFlippedAt > (lstatSync(at(FLIPS.file)).isFile() ? FILE_REST_MS : 5)) {
    exchange(FLIPS.file, '.file-out');
    flips.file++;
    fileFlippedAt = performance.now();
  }
}

process.on('message', () => process.send?.(flips, () => process.exit(0)));
(function go() {
  for (let nth = 0; nth < 20; nth++) round();
  setImmediate(go);
})();
