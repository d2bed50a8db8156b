import { expect, test } from 'vitest';
import { suggestName } from '#sealift/client/index.js';

async function* names(...all: string[]): AsyncGenerator<string> {
  yield* all;
}

const SERVED = ['girl.png', 'README.txt', 'reports/tides.csv', '海运/港口笔记.txt'];

test.each([
  ['gril.png', 'girl.png'],
  ['Girl.PNG', 'girl.png'],
  ['readme', null],
  ['readme.tx', 'README.txt'],
  ['tides.csv', 'reports/tides.csv'],
  ['report/tides.csv', 'reports/tides.csv'],
  ['港口笔记.txt', '海运/港口笔记.txt'],
  ['something-else-entirely', null],
])('%s -> %s', async (asked, expected) => {
  expect(await suggestName(asked, names(...SERVED))).toBe(expected);
});

test('nothing out of nothing', async () => {
  expect(await suggestName('a', names())).toBeNull();
});
