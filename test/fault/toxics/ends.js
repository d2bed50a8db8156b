import { firstBytes } from '../pieces.js';
import { Reset, toxic } from './toxic.js';

/**
 * After so many bytes, which arrive, both sides get a clean end.
 * @param {{ after: number } & import('./toxic.js').Where} options
 */
export function limitData({ after, ...where }) {
  return toxic('limitData', where, async function* (pieces, line) {
    if (!(yield* firstBytes(pieces, after))) return;
    line.hit(after);
    line.closeAfter();
  });
}

/**
 * After so many bytes both sides get a reset (RST).
 * @param {{ after: number } & import('./toxic.js').Where} options
 */
export function resetPeer({ after, ...where }) {
  return toxic('resetPeer', where, async function* (pieces, line) {
    if (!(yield* firstBytes(pieces, after))) return;
    line.hit(after);
    throw new Reset();
  });
}

/**
 * A black hole: after so many bytes nothing arrives any more, not even an end, and the connection stays open.
 * @param {{ after: number, bothWays?: boolean } & import('./toxic.js').Where} options `bothWays`: nothing goes the other
 * way either, as if the peer had vanished
 */
export function timeout({ after, bothWays = false, ...where }) {
  return toxic('timeout', where, async function* (pieces, line) {
    if (!(yield* firstBytes(pieces, after))) return;
    line.hit(after);
    if (bothWays) line.silenceOther();
    await line.gone;
  });
}
