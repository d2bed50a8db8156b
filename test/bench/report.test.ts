import { expect, test } from 'vitest';
import { withSections } from '../../bench/report/docs.js';
import { fastest, isMet, judgeSpeed, measureOf } from '../../bench/report/judge.js';
import { inColumns, inMarkdown, measureRows, targetRows } from '../../bench/report/table.js';
import { figure } from '../../bench/report/units.js';

const runs = (...seconds: number[]) =>
  seconds.map((value) => ({ seconds: value, cpuSeconds: value / 2, serverCpuSeconds: null, peakBytes: 5e6 }));
const TIMINGS = new Map([
  ['sealift', runs(2, 4, 2)],
  ['slow', runs(4, 8, 4)],
  ['quick', runs(1, 2, 1)],
]);

test.each([
  [1234.5, '1,235 s'],
  [1234567, '1,234,567 s'],
  [99.94, '99.9 s'],
  [9.876, '9.88 s'],
  [0.1234, '0.12 s'],
  [0.01234, '0.012 s'],
  [0, '0.00 s'],
])('%d reads %s', (value, shown) => {
  expect(figure(value, 's')).toBe(shown);
});

test('a speed is judged by how many times as fast', () => {
  const [judgement] = judgeSpeed('sealift', 'slow', TIMINGS, { least: 2 }, { bytes: 8e6 });
  expect(judgement).toMatchObject({ value: 2, ours: '4.00 MB/s', theirs: 'slow: 2.00 MB/s' });
  expect(judgement && isMet(judgement)).toBe(true);
  expect(judgeSpeed('sealift', 'not here', TIMINGS, { least: 2 })).toEqual([]);
  const [without] = judgeSpeed('not built', 'slow', TIMINGS, { least: 2 });
  expect(without).toMatchObject({ value: null, ours: 'not available' });
  expect(without && isMet(without)).toBe(null);
});

test('the fastest of those that are there', () => {
  expect(fastest(TIMINGS, ['slow', 'quick', 'not here'])).toBe('quick');
  expect(fastest(TIMINGS, ['not here'])).toBe(undefined);
});

const RESULT = {
  ...{ number: 3, title: 'small files', isJudged: true, rounds: 3, setting: '', commands: [], notes: [] },
  measures: [measureOf('curl | md5sum', 'time', runs(1, 3, 2))],
  judgements: [
    ...judgeSpeed('sealift', 'slow', TIMINGS, { least: 2 }),
    ...judgeSpeed('sealift', 'quick', TIMINGS, { least: 2 }),
    ...judgeSpeed('sealift', 'slow', TIMINGS, { most: 1.5 }),
  ],
};

test('targets are marked as met or missed, and not at all where times mean nothing', () => {
  const marks = (isJudged: boolean) =>
    targetRows([{ ...RESULT, isJudged }])
      .slice(1)
      .map((row) => row.slice(-2).join(' '));
  expect(marks(true)).toEqual(['≥ 2 ✓', '≥ 2 ✗', '≤ 1.5 ✗']);
  expect(marks(false)).toEqual(['≥ 2 –', '≥ 2 –', '≤ 1.5 –']);
});

test('a table for a terminal, and one for a page without empty columns', () => {
  const rows = measureRows([RESULT]);
  expect(rows[1]).toEqual(['3', 'curl | md5sum', 'time', '2.00 s', '1.00 – 3.00', '1.00', '', '5']);
  const [head = '', line = ''] = inColumns(rows).split('\n');
  expect(line.indexOf('2.00 s')).toBe(head.indexOf('median'));
  expect(inMarkdown(rows).split('\n')[2]).toBe(
    '| 3 | curl \\| md5sum | time | 2.00 s | 1.00 – 3.00 | 1.00 | 5 |',
  );
});

test('sections of a page are made anew, and the rest stays', () => {
  const page = 'a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n';
  const once = withSections(page, { x: 'costs $& and $1' });
  expect(once).toBe('a\n<!-- bench:x -->\n\ncosts $& and $1\n\n<!-- /bench:x -->\nb\n');
  expect(withSections(once, { x: 'new' })).toBe('a\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\nb\n');
  expect(() => withSections('a', { x: '' })).toThrow('no markers for x');
});
