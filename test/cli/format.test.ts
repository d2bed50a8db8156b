import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '#sealift/cli/duration.js';
import {
  formatAge,
  formatBytes,
  formatFiles,
  formatRate,
  formatSeconds,
  formatTime,
} from '#sealift/cli/format.js';
import { escapeJson } from '#sealift/cli/output.js';
import { barLine } from '#sealift/cli/report/bar-line.js';
import { RateMeter } from '#sealift/cli/report/rate-meter.js';
import { Table } from '#sealift/cli/table.js';

test('bytes, rates, seconds, times', () => {
  expect([0, 999, 1_000, 1_999, 574_987, 999_999, 1e6, 2 ** 40].map(formatBytes)).toEqual([
    ...['0 B', '999 B', '1 kB', '1.9 kB', '574.9 kB', '999.9 kB', '1 MB', '1 TB'],
  ]);
  expect(formatBytes(Number.MAX_SAFE_INTEGER)).toBe('9 PB');
  expect(formatRate(1_234_567)).toBe('1.2 MB/s');
  expect([0, 4.4, 59.6, 200, 7_500].map(formatSeconds)).toEqual(['0s', '4s', '1m 00s', '3m 20s', '2h 05m']);
  expect([Number.NaN, Number.POSITIVE_INFINITY, -1].map(formatSeconds)).toEqual(['--', '--', '--']);
  expect(formatTime(new Date(2026, 0, 31, 9, 5).getTime())).toBe('2026-01-31 09:05');
  expect(formatTime(Number.MAX_SAFE_INTEGER)).toBe('-');
});

test('durations', () => {
  expect(['250ms', '10s', '5m', '1.5h', '7', ' 1d '].map((text) => parseDuration('--timeout', text))).toEqual(
    [250, 10_000, 300_000, 5_400_000, 7_000, 86_400_000],
  );
  for (const bad of ['', '0', '-1s', '1w', 'x', '1e3', '30d', 'NaN']) {
    expect(() => parseDuration('--timeout', bad)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  }
});

test('a table by the width of characters', async () => {
  const table = new Table([
    { title: 'N', align: 'left' },
    { title: 'S', align: 'right' },
  ]);
  await table.measure([['ab', '1']]);
  expect([table.header(), table.row(['ab', '1'])]).toEqual(['N   S', 'ab  1']);
  await table.measure([
    ['海运', '1'],
    ['a', '100'],
  ]);
  expect([table.header(), table.row(['海运', '1']), table.row(['a', '100'])]).toEqual([
    'N       S',
    '海运    1',
    'a     100',
  ]);
});

test('JSON stays the same value with nothing in it that a terminal acts on', () => {
  const value = { name: 'a\u009b\u007f\u202e\u2028"\\\n海' };
  const text = escapeJson(JSON.stringify(value));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain('\\u009b\\u007f\\u202e\\u2028');
  expect(text).toContain('海');
});

describe('the bar', () => {
  const state = {
    label: '海运/港口笔记-with-a-rather-long-name.tar.gz',
    bytes: 630,
    size: 1_000,
    rate: 1e6,
    eta: 2,
  };

  test('has name, percent, bytes, rate, ETA', () => {
    const line = barLine({ ...state, label: 'girl.png' }, 120);
    expect(line).toMatch(/^girl\.png {2}█+─+ {3}63% {2}630 B of 1 kB {2}1 MB\/s {2}ETA 2s$/);
  });

  test.each([20, 30, 40, 50, 60, 80, 100, 200])(
    'is narrower than %d columns, whatever the name',
    (columns) => {
      for (const phase of [undefined, 'the server hashes the file first']) {
        expect(stringWidth(barLine({ ...state, phase }, columns))).toBeLessThan(columns);
        expect(stringWidth(barLine({ ...state, label: 'a', phase }, columns))).toBeLessThan(columns);
      }
    },
  );

  test('is full only at the end', () => {
    expect(barLine({ ...state, label: 'a', bytes: 999 }, 100)).toContain(' 99%');
    expect(barLine({ ...state, label: 'a', bytes: 999 }, 100)).toContain('─');
    expect(barLine({ ...state, label: 'a', bytes: 1_000 }, 100)).not.toContain('─');
    expect(barLine({ ...state, label: 'a', bytes: 2_000 }, 100)).toContain('100%');
  });
});

describe('the rate', () => {
  /** Rates that are shown while `bytesAt` comes, ten times a second. */
  const ratesOf = (seconds: number, bytesAt: (second: number) => number): number[] => {
    const meter = new RateMeter(0);
    const rates: number[] = [];
    for (let tick = 1; tick <= seconds * 10; tick++) {
      meter.update(bytesAt(tick / 10), false, tick * 100);
      if (meter.rate !== null) rates.push(meter.rate);
    }
    return rates;
  };

  test('settles at a steady speed and follows a new one', () => {
    const meter = new RateMeter(0);
    expect(meter.rate).toBeNull();
    expect(meter.eta(5)).toBeNaN();
    for (let at = 1; at <= 20; at++) meter.update(at * 1_000, false, at * 1_000);
    expect(meter.rate).toBeCloseTo(1_000, 5);
    expect(meter.eta(2_000)).toBeCloseTo(2, 5);
    for (let at = 1; at <= 60; at++) meter.update(20_000 + at * 5_000, false, 20_000 + at * 1_000);
    expect(meter.rate).toBeCloseTo(5_000, 0);
  });

  test('is steady from the start where bytes come in bursts', () => {
    // A second with 2,000 bytes, and one with none.
    const bursts = ratesOf(60, (at) => 2_000 * (Math.floor(at / 2) + Math.min(1, at % 2)));
    for (const rate of bursts.slice(50)) expect(Math.abs(rate - 1_000)).toBeLessThan(250);
    // What buffers on the way took at once counts as little as it is.
    const rates = ratesOf(30, (at) => 3_000 + 1_000 * at);
    expect(Math.max(...rates.slice(30))).toBeLessThan(2_000);
  });

  test('changes twice a second at the most', () => {
    expect(new Set(ratesOf(10, (at) => at * at)).size).toBeLessThanOrEqual(20);
  });

  test('falls when nothing comes any more, and the time that is left grows', () => {
    const rates = ratesOf(40, (at) => 1_000 * Math.min(at, 20));
    expect(rates.at(-1)).toBeLessThan(50);
  });

  test('of what takes less than a sample is there at its end', () => {
    const meter = new RateMeter(0);
    meter.update(100, true, 100);
    expect(meter.rate).toBe(1_000);
  });

  test('is never negative when a transfer starts again', () => {
    const meter = new RateMeter(0);
    meter.update(1_000_000, false, 1_000);
    meter.update(0, false, 2_000);
    expect(meter.rate).toBeGreaterThanOrEqual(0);
    expect(meter.eta(0)).toBe(0);
  });
});

test('ages and numbers of files', () => {
  const now = 1_767_225_600_000;
  const ages = [-5, 0, 59, 60, 3_599, 3_600, 86_399, 86_400, 400 * 86_400];
  expect(ages.map((seconds) => formatAge(now - seconds * 1_000, now))).toEqual([
    ...['just now', 'just now', 'just now', '1m ago', '59m ago', '1h ago', '23h ago', '1d ago', '400d ago'],
  ]);
  expect([0, 1, 1_234_567].map(formatFiles)).toEqual(['0 files', '1 file', '1,234,567 files']);
});
