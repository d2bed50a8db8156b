import { cutAt } from '../pieces.js';
import { toxic } from './toxic.js';

/**
 * A byte range of the stream, as it would be if TCP let a segment get lost, come twice, or come late.
 * @typedef {{ at: number, length: number } & import('./toxic.js').Where} Segment
 */

/**
 * The range is left out.
 * @param {Segment} options
 */
export function drop({ at: start, length, ...where }) {
  return toxic('drop', where, async function* (pieces, line) {
    for await (const { at, piece } of cutAt(pieces, [start, start + length])) {
      if (at < start || at >= start + length) yield piece;
      else if (at === start) line.hit(at);
    }
  });
}

/**
 * The range comes twice, one right behind the other.
 * @param {Segment} options
 */
export function duplicate({ at: start, length, ...where }) {
  return toxic('duplicate', where, async function* (pieces, line) {
    const end = start + length;
    /** @type {Buffer[]} */
    const again = [];
    for await (const { at, piece } of cutAt(pieces, [start, end])) {
      yield piece;
      if (at < start || at >= end) continue;
      again.push(piece);
      if (at + piece.length < end) continue;
      line.hit(start);
      yield Buffer.concat(again);
    }
  });
}

/**
 * The range comes behind the bytes that follow it, as many of those as it is long.
 * @param {Segment} options
 */
export function reorder({ at: start, length, ...where }) {
  return toxic('reorder', where, async function* (pieces, line) {
    const [middle, end] = [start + length, start + 2 * length];
    /** @type {Buffer[]} */
    const late = [];
    for await (const { at, piece } of cutAt(pieces, [start, middle, end])) {
      if (at === start) line.hit(at);
      if (at >= start && at < middle) late.push(piece);
      else yield piece;
      if (at + piece.length === end) yield* late.splice(0);
    }
    yield* late;
  });
}
