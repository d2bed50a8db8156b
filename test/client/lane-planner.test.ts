import { expect, test } from 'vitest';
import { LanePlanner } from '#sealift/client/lane-planner.js';

const MB = 1_000_000;
const MUCH = 10_000 * MB;

/** Lanes after each half second, on a way that brings this many bytes a second to so many lanes. */
function lanesOn(rateOf: (lanes: number) => number, { most = 8, left = MUCH, windows = 8 } = {}): number[] {
  const planner = new LanePlanner(most, 0);
  const numbers = [1];
  for (let window = 1; window <= windows; window++) {
    const lanes = numbers.at(-1) ?? 1;
    // In two parts: the first is within the window.
    const half = rateOf(lanes) / 4;
    expect(planner.got(half, lanes, left, window * 500 - 250)).toBe(0);
    numbers.push(lanes + planner.got(half, lanes, left, window * 500));
  }
  return numbers;
}

test('where each connection brings as much they are doubled, up to as many as may be', () => {
  expect(lanesOn((lanes) => 20 * MB * lanes)).toEqual([1, 2, 4, 8, 8, 8, 8, 8, 8]);
  expect(lanesOn((lanes) => 20 * MB * lanes, { most: 5 })).toEqual([1, 2, 4, 5, 5, 5, 5, 5, 5]);
  expect(lanesOn((lanes) => 20 * MB * lanes, { most: 1 })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test('where a second brings nothing it stays at two; where one is fast, at one', () => {
  expect(lanesOn(() => 100 * MB)).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2]);
  expect(lanesOn(() => 600 * MB)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
});

test('what is done soon is not worth another', () => {
  expect(lanesOn((lanes) => 20 * MB * lanes, { left: 30 * MB })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
});
