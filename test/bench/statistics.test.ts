import { expect, test } from 'vitest';
import { median, speedRatio } from '../../bench/measure/statistics.js';

test.each([
  [[3], 3],
  [[3, 1, 2], 2],
  [[10, 9], 9.5],
  [[4, 100, 2, 3], 3.5],
])('the median of %j is %d', (values, middle) => {
  const given = [...values];
  expect(median(given)).toBe(middle);
  expect(given, 'left in their order').toEqual(values);
});

test('there is no median of nothing', () => {
  expect(() => median([])).toThrow('no values');
});

test('a ratio of speeds is that of the rounds, so that a slow one does not count', () => {
  const seconds = (...values: number[]) => values.map((value) => ({ seconds: value }));
  expect(speedRatio(seconds(1, 10, 1), seconds(2, 20, 2))).toBe(2);
  expect(speedRatio(seconds(2, 2, 2), seconds(1, 1, 100))).toBe(0.5);
  expect(() => speedRatio(seconds(1), seconds(1, 2))).toThrow('not the same rounds');
});
