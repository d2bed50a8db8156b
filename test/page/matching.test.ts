import { expect, test } from 'vitest';
import { matcher, splitAtMatch } from '#sealift/page/matching.js';

test('a text is found anywhere in a name, in either case, however its accents were typed', () => {
  expect(matcher('POR')('annual report.pdf')).toBe(true);
  expect(matcher('e\u0301te\u0301')('L\u00c9T\u00c9.txt')).toBe(true);
  expect(matcher('.*')('anything')).toBe(false);
  expect(matcher('')('anything')).toBe(true);
});

test('the match is told from the rest', () => {
  expect(splitAtMatch('Annual Report.pdf', 'report')).toEqual(['Annual ', 'Report', '.pdf']);
  expect(splitAtMatch('Annual', 'x')).toEqual(['Annual', '', '']);
  expect(splitAtMatch('Annual', '')).toEqual(['Annual', '', '']);
  // Two letters in lower case: places would be off by one.
  expect(splitAtMatch('\u0130x', 'x')).toEqual(['\u0130x', '', '']);
});
