// A process of the campaign `concurrency`: replaces, edits in place, and deletes, until it is told to stop. Tells every version
// that was ever at rest. Arguments: the storage, a seed.
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { contentOf, FILES, tracesOf } from './concurrency-versions.js';
import { SeededRandom } from './seeded-random.js';

const [storage = '', seedText = '0'] = process.argv.slice(2);
const seed = Number(seedText);
const random = new SeededRandom(seed);
/** Written in one go, as far as any reader can see. */
const PAGE = 4_096;
/** Half an edit that was left alone for so long is a version like any other; whoever reads waits for 20 ms of quiet. */
const REST_MS = 10;
const BETWEEN_MS = { least: 4, most: 40 };

/** Traces of all that was ever at rest. @type {Set<string>} */
const versions = new Set();
/** @type {Map<string, Buffer>} */
const current = new Map();
const done = { replaced: 0, edited: 0, deleted: 0, 'halves at rest': 0 };

/**
 * @param {string} name
 * @param {Buffer} content
 */
function remember(name, content) {
  const { bytes, listed } = tracesOf(name, content);
  versions.add(bytes).add(listed);
}

/**
 * @param {string} name
 * @param {Buffer} content
 */
function replace(name, content) {
  const path = join(storage, name);
  const fresh = join(dirname(path), '.new');
  remember(name, content);
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

/**
 * Page by page, and the length last.
 * @param {string} name
 * @param {Buffer} content
 */
function edit(name, content) {
  const half = Buffer.alloc(Math.max(content.length, current.get(name)?.length ?? 0));
  let length = current.get(name)?.copy(half) ?? 0;
  const fd = openSync(join(storage, name), 'r+');
  let steps = Math.ceil(content.length / PAGE);
  let lastAt = performance.now();
  const step = (/** @type {() => void} */ write, /** @type {() => void} */ note) => {
    write();
    const isHeldUp = performance.now() - lastAt > REST_MS;
    // What was there until now may have been read as a whole; and if it was the call itself that a busy machine held up,
    // between its stamp and its bytes, so may what is there behind it.
    if (isHeldUp) remember(name, half.subarray(0, length));
    note();
    if (isHeldUp) remember(name, half.subarray(0, length));
    if (isHeldUp) done['halves at rest']++;
    lastAt = performance.now();
  };
  for (let at = 0; steps > 0; at += PAGE, steps--) {
    const end = Math.min(content.length, at + PAGE);
    step(
      () => writeSync(fd, content, at, end - at, at),
      () => {
        content.copy(half, at, at, end);
        length = Math.max(length, end);
      },
    );
  }
  remember(name, content);
  step(
    () => ftruncateSync(fd, content.length),
    () => {},
  );
  closeSync(fd);
}

let version = 0;
for (const file of FILES) {
  mkdirSync(dirname(join(storage, file.name)), { recursive: true });
  const content = contentOf(seed, file, version);
  replace(file.name, content);
  current.set(file.name, content);
}

function change() {
  const file = random.pick(FILES);
  const isThere = current.has(file.name);
  if (file.how === 'deleted' && isThere && random.chance(0.5)) {
    rmSync(join(storage, file.name));
    current.delete(file.name);
    done.deleted++;
    return;
  }
  const content = contentOf(seed, file, ++version);
  if (file.how === 'edited') edit(file.name, content);
  else replace(file.name, content);
  current.set(file.name, content);
  done[file.how === 'edited' ? 'edited' : 'replaced']++;
}

let isOver = false;
process.once('message', () => (isOver = true));
process.send?.('ready');
while (!isOver) {
  change();
  await delay(random.integer(BETWEEN_MS.least, BETWEEN_MS.most));
}
process.send?.({ done, versions: [...versions] }, () => process.exit(0));
