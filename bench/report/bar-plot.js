import { drawing, element, text } from './svg.js';
import { digits } from './units.js';

/**
 * @typedef {{ label: string, value: number, isOurs: boolean }} Bar
 * @typedef {{ title: string, bars: Bar[], mark?: { label: string, value: number } }} Group
 */

const WIDTH = 820;
const LEFT = 210;
const RIGHT = 70;
const ROW = 28;
const TOP = 76;

/**
 * Bars side by side, the longest first, in groups over one scale; a mark is a line across its group.
 * @param {{ title: string, subtitle: string, unit: string, groups: Group[] }} plot
 */
export function barPlot({ title, subtitle, unit, groups }) {
  const values = groups.flatMap(({ bars, mark }) => [...bars.map(({ value }) => value), mark?.value ?? 0]);
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...values, 1);
  /** @type {string[]} */
  const parts = [];
  let y = TOP;
  for (const group of groups) {
    parts.push(text(24, y + 12, group.title, { class: 'faint' }));
    y += 24;
    const start = y;
    for (const { label, value, isOurs } of group.bars.toSorted((a, b) => b.value - a.value)) {
      const width = Math.max(1, value * scale);
      const fill = isOurs ? 'var(--line0)' : 'var(--other)';
      const weight = isOurs ? { class: 'ours' } : {};
      parts.push(
        text(LEFT - 10, y + 17, label, { 'text-anchor': 'end', ...weight }),
        element('rect', { x: LEFT, y: y + 3, width, height: ROW - 8, rx: 3, fill }),
        text(LEFT + width + 8, y + 17, digits(value), weight),
      );
      y += ROW;
    }
    if (group.mark) {
      const x = LEFT + group.mark.value * scale;
      parts.push(
        element('line', {
          x1: x,
          x2: x,
          y1: start - 2,
          y2: y,
          stroke: 'var(--line1)',
          'stroke-width': 2,
          'stroke-dasharray': '5 4',
        }),
        text(x, start - 8, `${group.mark.label}: ${digits(group.mark.value)}`, {
          class: 'faint',
          'text-anchor': 'middle',
        }),
      );
    }
    y += 22;
  }
  return drawing({ title, subtitle: `${subtitle} (${unit})`, width: WIDTH, height: y }, parts);
}
