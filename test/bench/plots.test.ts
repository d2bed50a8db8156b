import { expect, test } from 'vitest';
import { barPlot } from '../../bench/report/bar-plot.js';
import { linePlot } from '../../bench/report/line-plot.js';
import { element, escaped, text } from '../../bench/report/svg.js';

const NASTY = `<a & "b">`;
const NASTY_ESCAPED = '&lt;a &amp; &quot;b&quot;&gt;';

test('text and attributes are escaped', () => {
  expect(escaped(NASTY)).toBe(NASTY_ESCAPED);
  expect(text(1, 2.555, NASTY)).toBe(`<text x="1" y="2.56">${NASTY_ESCAPED}</text>`);
  expect(element('g', { id: NASTY, no: undefined })).toBe(`<g id="${NASTY_ESCAPED}"/>`);
});

test('a plot of bars has each of them, the longest first, its width by its value', () => {
  const bars = [
    { label: 'sealift', value: 50, isOurs: true },
    { label: NASTY, value: 100, isOurs: false },
  ];
  const mark = { label: 'bound', value: 75 };
  const svg = barPlot({ title: NASTY, subtitle: '', unit: 'MB/s', groups: [{ title: 'all', bars, mark }] });
  expect(svg).not.toContain(NASTY);
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths[0]).toBe(2 * Number(widths[1]));
  expect(svg.indexOf(NASTY_ESCAPED, svg.indexOf('all'))).toBeLessThan(svg.indexOf('>sealift<'));
});

test('a plot of lines: names at their ends do not lie over each other, and nothing is off the scale', () => {
  const lines = ['sealift', 'a', 'b'].map((label, number) => ({
    ...{ label, isOurs: number === 0 },
    points: [
      { at: 1, value: 0.02 },
      { at: 10, value: 3 + number / 100 },
    ],
  }));
  const marks = [1, 10].map((at) => ({ at, label: String(at) }));
  for (const isLogarithmic of [true, false]) {
    const svg = linePlot({ title: '', subtitle: '', axis: 'files', lines, marks, isLogarithmic });
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const ends = [...svg.matchAll(/y="([\d.]+)" style/g)].map(([, y]) => Number(y)).sort((a, b) => a - b);
    expect(ends.length).toBe(3);
    expect(Number(ends[1]) - Number(ends[0])).toBeGreaterThanOrEqual(16);
    const heights = [...svg.matchAll(/cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.min(...heights)).toBeGreaterThan(60);
    expect(Math.max(...heights)).toBeLessThan(400);
  }
});
