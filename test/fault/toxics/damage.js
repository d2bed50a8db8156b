import { cutAt } from '../pieces.js';
import { toxic } from './toxic.js';

/**
 * One bit is flipped at each of the offsets `at`, or at `count` random ones below `within`.
 * @param {({ at: number | number[], bit?: number } | { count: number, within: number }) & import('./toxic.js').Where} options
 * `bit` 0 … 7, default a random one
 */
export function flipBits(options) {
  return toxic('flipBits', options, async function* (pieces, line) {
    const { random } = line;
    const offsets = new Set(
      'count' in options
        ? Array.from({ length: options.count }, () => random.integer(0, options.within - 1))
        : [options.at].flat(),
    );
    const bit = 'bit' in options ? options.bit : undefined;
    let at = 0;
    for await (const piece of pieces) {
      for (const offset of offsets) {
        if (offset < at || offset >= at + piece.length) continue;
        piece[offset - at] = Number(piece[offset - at]) ^ (1 << (bit ?? random.integer(0, 7)));
        line.hit(offset);
      }
      at += piece.length;
      yield piece;
    }
  });
}

/**
 * The range is zeros; where it was that already, nothing is counted.
 * @param {{ at: number, length: number } & import('./toxic.js').Where} options
 */
export function zero({ at: start, length, ...where }) {
  return toxic('zero', where, async function* (pieces, line) {
    for await (const { at, piece } of cutAt(pieces, [start, start + length])) {
      if (at >= start && at < start + length && piece.some((byte) => byte !== 0)) {
        piece.fill(0);
        line.hit(at);
      }
      yield piece;
    }
  });
}
