import { expect, test } from 'vitest';
import { parseRate } from '#sealift/cli/rate.js';

test.each([
  ['50MB/s', 50_000_000],
  ['50mb', 50_000_000],
  ['1.5 GB/s', 1_500_000_000],
  ['500KiB/s', 512_000],
  ['2MiB', 2_097_152],
  ['1GiB/S', 1_073_741_824],
  ['20kB/s', 20_000],
  ['1000', 1_000],
  ['7B/s', 7],
])('%s is %i bytes a second', (text, rate) => {
  expect(parseRate('--limit', text)).toBe(rate);
});

test.each([
  '',
  '0',
  '0.5',
  '20',
  '-1MB/s',
  'fast',
  '50M',
  '50iB',
  '1e9',
  '50MB/m',
  '50MB/s/s',
  '99999999999GB',
  'MB/s',
])('not a rate: %j', (text) => {
  expect(() => parseRate('--limit', text)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/^--limit ".*50MB\/s/) }),
  );
});
