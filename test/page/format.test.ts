import { expect, test } from 'vitest';
import { formatDate, formatSeconds, formatSize, isoDate, plural } from '#sealift/page/format.js';

test('sizes: three digits, in powers of 1,000', () => {
  const sizes: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_234_567, '1.23 MB'],
    [2 ** 31, '2.15 GB'],
    [2 ** 53 - 1, '9.01 PB'],
  ];
  for (const [bytes, text] of sizes) expect(formatSize(bytes)).toBe(text);
});

test('times: how long ago, or the day', () => {
  const now = new Date(2026, 5, 15, 12).getTime();
  const minute = 60_000;
  expect(formatDate(now - 5_000, now)).toBe('just now');
  expect(formatDate(now - 5 * minute, now)).toBe('5 min ago');
  expect(formatDate(now - 200 * minute, now)).toBe('3 h ago');
  expect(formatDate(now - 25 * 60 * minute, now)).toBe('1 day ago');
  expect(formatDate(now - 6 * 24 * 60 * minute, now)).toBe('6 days ago');
  expect(formatDate(new Date(2026, 0, 2, 12).getTime(), now)).toBe('2 Jan');
  expect(formatDate(new Date(1999, 0, 2, 12).getTime(), now)).toBe('2 Jan 1999');
  // From a clock that is ahead: the day says so best.
  expect(formatDate(now + 60 * 60 * minute, now)).toBe('18 Jun');
});

test('a time that no date can be is left out', () => {
  for (const time of [2 ** 53 - 1, -(2 ** 53 - 1)]) {
    expect(formatDate(time)).toBe('');
    expect(isoDate(time)).toBe('');
  }
});

test('one and many', () => {
  expect([
    plural(0, 'file'),
    plural(1, 'file'),
    plural(1_234, 'file'),
    plural(2, 'entry', 'entries'),
  ]).toEqual(['0 files', '1 file', '1,234 files', '2 entries']);
});

test('how long it takes', () => {
  expect([0.2, 59, 60, 200, 7_500].map(formatSeconds)).toEqual([
    '1 s',
    '59 s',
    '1 min 0 s',
    '3 min 20 s',
    '2 h 5 min',
  ]);
});
