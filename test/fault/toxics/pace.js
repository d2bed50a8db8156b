import { setImmediate as nextTurn } from 'node:timers/promises';
import { toxic } from './toxic.js';

/** What `latency` holds at the most, in bytes. */
const HELD_MAX = 4 << 20;

/**
 * Each piece arrives later, by `delay` milliseconds and up to `jitter` more or less; their order stays.
 * @param {{ delay: number, jitter?: number } & import('./toxic.js').Where} options
 */
export function latency({ delay, jitter = 0, ...where }) {
  return toxic('latency', where, async function* (pieces, line) {
    /** @type {{ piece: Buffer, due: number }[]} */
    const queue = [];
    let held = 0;
    let isEnded = false;
    /** @type {unknown} */
    let failure = null;
    let wake = () => {};
    const change = () => new Promise((resolve) => (wake = () => resolve(undefined)));
    const fill = async () => {
      for await (const piece of pieces) {
        const due = performance.now() + Math.max(0, delay + jitter * (2 * line.random.next() - 1));
        queue.push({ piece, due });
        held += piece.length;
        wake();
        while (held > HELD_MAX) await change();
      }
    };
    fill()
      .catch((error) => (failure = error))
      .finally(() => {
        isEnded = true;
        wake();
      });
    for (let at = 0; ; ) {
      const next = queue.shift();
      if (next) {
        if (at === 0) line.hit(0);
        await line.sleep(next.due - performance.now());
        yield next.piece;
        at += next.piece.length;
        held -= next.piece.length;
        wake();
      } else if (!isEnded) await change();
      else if (failure) throw failure;
      else return;
    }
  });
}

/**
 * @param {{ rate: number } & import('./toxic.js').Where} options `rate` in bytes a second
 */
export function bandwidth({ rate, ...where }) {
  const slice = Math.ceil(Math.min(65_536, rate / 20));
  return toxic('bandwidth', where, async function* (pieces, line) {
    let at = 0;
    let due = performance.now();
    for await (const piece of pieces) {
      due = Math.max(due, performance.now());
      for (let start = 0; start < piece.length; start += slice) {
        const part = piece.subarray(start, start + slice);
        if (at === 0) line.hit(0);
        yield part;
        at += part.length;
        due += (part.length / rate) * 1_000;
        const ahead = due - performance.now();
        if (ahead >= 1) await line.sleep(ahead);
      }
    }
  });
}

/**
 * Everything arrives in slices, each sent by itself.
 * @param {{ size: number, variation?: number, delay?: number } & import('./toxic.js').Where} options `size` in bytes, up
 * to `variation` more or less; `delay` in milliseconds after each
 */
export function slicer({ size, variation = 0, delay = 0, ...where }) {
  return toxic('slicer', where, async function* (pieces, line) {
    let at = 0;
    for await (const piece of pieces) {
      for (let start = 0, length = 0; start < piece.length; start += length) {
        length = Math.max(1, size + line.random.integer(-variation, variation));
        const part = piece.subarray(start, start + length);
        if (at === 0 && part.length < piece.length) line.hit(0);
        yield part;
        at += part.length;
        // So that the receiver gets to read it before the next one is there.
        await (delay > 0 ? line.sleep(delay) : nextTurn());
      }
    }
  });
}

/**
 * The end arrives `delay` milliseconds later than the last byte.
 * @param {{ delay: number } & import('./toxic.js').Where} options
 */
export function slowClose({ delay, ...where }) {
  return toxic('slowClose', where, async function* (pieces, line) {
    let at = 0;
    for await (const piece of pieces) {
      at += piece.length;
      yield piece;
    }
    line.hit(at);
    await line.sleep(delay);
  });
}
