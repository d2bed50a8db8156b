import { expect, test } from 'vitest';
import { parseRange } from '#sealift/gateway/byte-range.js';

test.each([
  ['bytes=0-4', { offset: 0, length: 5 }],
  ['bytes=5-', { offset: 5, length: 5 }],
  ['bytes=-3', { offset: 7, length: 3 }],
  ['bytes=-300', { offset: 0, length: 10 }],
  ['BYTES=9-9', { offset: 9, length: 1 }],
  ['bytes= 2-3 ', { offset: 2, length: 2 }],
  ['bytes=0-18446744073709551615', { offset: 0, length: 10 }],
])('%s of ten bytes', (field, range) => {
  expect(parseRange(field, 10)).toEqual(range);
});

test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=18446744073709551616-'])('%s: none', (field) => {
  expect(parseRange(field, 10)).toBe('none');
});

test.each([
  undefined,
  '',
  'bytes=-',
  'bytes=5-4',
  'bytes=a-b',
  'bytes=--5',
  'bytes=0-0,2-2',
  'lines=0-4',
  'bytes 0-4',
  `bytes=${'0-0,'.repeat(10_000)}1-1`,
])('%s: the whole file', (field) => {
  expect(parseRange(field, 10)).toBeNull();
});

test('a field that is too long for one range: the whole file', () => {
  expect(parseRange(`bytes=${'0'.repeat(300)}1-2`, 10)).toBeNull();
});

test('of an empty file there is no byte', () => {
  expect(parseRange('bytes=0-', 0)).toBe('none');
  expect(parseRange('bytes=-5', 0)).toBe('none');
});
