import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { requireWindowsName, targetIn } from '#sealift/client/target.js';

test('a name keeps its folders below the base', () => {
  expect(targetIn('a/b/c.txt', { dir: 'd' })).toEqual({ base: 'd', segments: ['a', 'b'], file: 'c.txt' });
  expect(targetIn('c.txt', {})).toEqual({ base: 'downloads', segments: [], file: 'c.txt' });
});

test('a path of the user takes the place of both', () => {
  expect(targetIn('a/b.txt', { output: 'x/y.txt' })).toEqual({
    base: resolve('x'),
    segments: [],
    file: 'y.txt',
  });
  expect(() => targetIn('a', { output: 'x/' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test.each([
  'C:x',
  'a:stream',
  'NUL',
  'nul.txt',
  'COM1',
  'lpt9.log',
  'CONIN$',
  'dot.',
  'space ',
  'a?b',
  'a|b',
])('case 19: Windows cannot hold %j', (segment) => {
  expect(() => requireWindowsName(segment, segment)).toThrow(expect.objectContaining({ code: 'PERMISSION' }));
});

test.each(['nulls.txt', 'com', 'com10', 'console', 'a b', 'a.b', '海.txt'])(
  'Windows can hold %j',
  (segment) => {
    expect(() => requireWindowsName(segment, segment)).not.toThrow();
  },
);
