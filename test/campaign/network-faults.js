import {
  bandwidth,
  drop,
  duplicate,
  first,
  flipBits,
  latency,
  limitData,
  only,
  reorder,
  resetPeer,
  slicer,
  slowClose,
  timeout,
  zero,
} from '../fault/toxics.js';

/**
 * @typedef {import('./seeded-random.js').SeededRandom} SeededRandom
 * @typedef {import('../fault/toxics/toxic.js').Toxic} Toxic
 * @typedef {import('../fault/toxics/toxic.js').Where} Where
 *
 * What is done to the connections of one run, and the same in words.
 * @typedef {{ toxics: Toxic[], text: string }} Faults
 */

const MiB = 1 << 20;
/** A request, and the header of a reply: about this many bytes. */
const REQUEST = 45;
const HEADER = 270;
/** So many copies of a file that is asked for again are damaged at the same place. */
const COPIES = 6;

/** @type {Record<string, number>} how often each is picked */
const KINDS = {
  flipBits: 24,
  zero: 10,
  drop: 10,
  duplicate: 12,
  reorder: 10,
  limitData: 13,
  resetPeer: 14,
  timeout: 7,
};

/** Kinds that change bytes or break a connection: nothing else can make a transfer fail. */
export const DAMAGING = new Set(Object.keys(KINDS));

/** Each kind as often as it is to be picked. */
const WEIGHTED = Object.entries(KINDS).flatMap(([kind, weight]) => Array(weight).fill(kind));

/**
 * @param {SeededRandom} random
 * @param {number} size of the file, in bytes
 * @param {{ header?: number }} [options] bytes in front of the body
 * @returns {Faults}
 */
export function damagingFaults(random, size, { header = HEADER } = {}) {
  const faults = [damage(random, size, header, persistence(random))];
  // Where the next try begins, it is hit again, by something else.
  if (random.chance(0.2))
    faults.push(damage(random, size, header, { text: 'on the 2nd', connections: only(2) }));
  if (random.chance(0.1)) faults.unshift(...slowness(random, size));
  return joined(faults);
}

/**
 * Faults that no transfer may fail of.
 * @param {SeededRandom} random
 * @param {number} size
 * @returns {Faults}
 */
export function harmlessFaults(random, size) {
  return joined(random.chance(0.5) ? [] : slowness(random, size));
}

/**
 * @param {{ toxic: Toxic, text: string }[]} faults
 * @returns {Faults}
 */
function joined(faults) {
  return {
    toxics: faults.map(({ toxic }) => toxic),
    text: faults.map(({ text }) => text).join(', ') || 'no fault',
  };
}

/** @param {SeededRandom} random */
function persistence(random) {
  const draw = random.next();
  if (draw < 0.4) return { text: 'always', connections: () => true };
  const count = draw < 0.8 ? 1 : draw < 0.92 ? 2 : 3;
  return { text: `on the first ${count}`, connections: first(count) };
}

/**
 * @param {SeededRandom} random
 * @param {number} size
 * @param {number} header
 * @param {{ text: string, connections: (number: number) => boolean }} on
 */
function damage(random, size, header, { text, connections }) {
  const kind = random.pick(WEIGHTED);
  const isUpstream = random.chance(0.15);
  const at = isUpstream ? random.integer(0, REQUEST - 1) : offset(random, size, header);
  /** @type {Where} */
  const where = { direction: isUpstream ? 'upstream' : 'downstream', connections };
  const length = random.chance(0.8) ? random.integer(1, 1_460) : random.integer(1, 65_536);
  const toxic = damageOf(kind, at, isUpstream ? random.integer(1, 8) : length, where);
  if (kind !== 'flipBits') return { toxic, text: `${where.direction} ${kind} at ${at} ${text}` };
  const copies = random.chance(0.4) ? COPIES : 1;
  const bits = random.chance(0.7) ? 1 : random.integer(2, 40);
  const spread = random.pick([8, 1_000, size + 1]);
  const offsets = Array.from({ length: bits * copies }, (_, k) => {
    const copy = Math.floor(k / bits) * (Math.min(size, MiB) + header);
    return copy + at + (k % bits === 0 ? 0 : random.integer(0, spread));
  });
  const how = `${bits} flipBits around ${at} in ${copies} copies`;
  return { toxic: flipBits({ at: offsets, ...where }), text: `${where.direction} ${how} ${text}` };
}

/**
 * @param {string} kind
 * @param {number} at
 * @param {number} length
 * @param {Where} where
 */
function damageOf(kind, at, length, where) {
  const range = { at, length, ...where };
  switch (kind) {
    case 'zero':
      return zero(range);
    case 'drop':
      return drop(range);
    case 'duplicate':
      return duplicate(range);
    case 'reorder':
      return reorder(range);
    case 'limitData':
      return limitData({ after: at, ...where });
    case 'resetPeer':
      return resetPeer({ after: at, ...where });
    default:
      return timeout({ after: at, bothWays: at % 2 === 0, ...where });
  }
}

/**
 * Somewhere in a reply: in its header, in its body, where a chunk begins, or at its end.
 * @param {SeededRandom} random
 * @param {number} size
 * @param {number} header
 */
function offset(random, size, header) {
  const draw = random.next();
  if (size === 0 || draw < 0.15) return random.integer(0, header - 1);
  if (draw < 0.7) return header + random.integer(0, size - 1);
  if (draw < 0.85) return Math.max(0, header + size - random.integer(1, 100));
  const chunk = random.integer(0, Math.floor(size / MiB));
  return Math.max(0, header + chunk * MiB + random.integer(-40, 40));
}

/**
 * Slow, but not for long.
 * @param {SeededRandom} random
 * @param {number} size
 */
function slowness(random, size) {
  const delay = random.integer(1, 8);
  /** @type {Where} */
  const where = { direction: random.chance(0.3) ? 'upstream' : 'downstream' };
  const kinds = [
    { text: `latency ${delay}`, toxic: latency({ delay, jitter: random.integer(0, delay), ...where }) },
    { text: 'bandwidth', toxic: bandwidth({ rate: Math.max(100_000, size * 10), ...where }) },
    { text: 'slicer', toxic: slicer({ size: Math.max(1, size >> 6), variation: size >> 7, ...where }) },
    { text: 'slowClose', toxic: slowClose({ delay, ...where }) },
  ];
  const { text, toxic } = random.pick(kinds);
  return [{ toxic, text: `${where.direction} ${text}` }];
}
