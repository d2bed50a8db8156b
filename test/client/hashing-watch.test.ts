import { expect, test } from 'vitest';
import { HashingWatch } from '#sealift/client/hashing-watch.js';

const TIMEOUT = 10_000;
const SIZE = 1e9;
const TOO_SLOW = expect.objectContaining({ code: 'TIMEOUT' });
const WRONG = expect.objectContaining({ code: 'PROTOCOL' });

/** Frames as [millisecond, done]. */
function watch(...frames: [number, number][]): void {
  const hashing = new HashingWatch('a.bin', TIMEOUT, 0);
  for (const [at, done] of frames) hashing.check({ done, size: SIZE }, at);
}

test('the same `done` twice, or less, is no failure before the timeout', () => {
  watch([1_000, 5_000], [2_000, 5_000], [3_000, 4_000], [10_999, 5_000], [11_000, 1e6]);
  expect(() => watch([1_000, 5_000], [10_999, 5_000], [11_000, 5_000])).toThrow(TOO_SLOW);
});

test('growth of less than 500 bytes a second over a whole timeout is no progress', () => {
  const at = (rate: number) =>
    Array.from({ length: 40 }, (_, n): [number, number] => [n * 1_000, 1 + n * rate]);
  expect(() => watch(...at(499))).toThrow(TOO_SLOW);
  watch(...at(600));
});

test('queued behind others: ten timeouts, and then the usual one', () => {
  const queued = Array.from({ length: 99 }, (_, n): [number, number] => [n * 1_000, 0]);
  watch(...queued, [99_000, 1], [108_999, 1]);
  expect(() => watch(...queued, [100_000, 0])).toThrow(TOO_SLOW);
  expect(() => watch(...queued, [99_000, 1], [109_000, 1])).toThrow(TOO_SLOW);
});

test('more done than there is, is no hashing', () => {
  expect(() => watch([1_000, SIZE + 1])).toThrow(WRONG);
});

test('a file that changes is hashed anew, with another size or not, and that twice at the most', () => {
  const hashing = new HashingWatch('a.bin', TIMEOUT, 0);
  hashing.check({ done: 9_000_000, size: 9_000_000 }, 1_000);
  hashing.check({ done: 1, size: 9_000_001 }, 9_000);
  hashing.check({ done: 0, size: 9_000_001 }, 18_000);
  hashing.check({ done: 8_000_000, size: 9_000_001 }, 27_000);
  expect(() => hashing.check({ done: 2, size: 9_000_001 }, 28_000)).toThrow(WRONG);
});
