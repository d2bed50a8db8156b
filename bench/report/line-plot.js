import { drawing, element, text } from './svg.js';
import { digits } from './units.js';

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {boolean} isOurs
 * @property {{ at: number, value: number }[]} points by `at`
 */

const WIDTH = 820;
const HEIGHT = 430;
const FRAME = { left: 70, right: 230, top: 76, bottom: 52 };
const LABEL_ROW = 17;
/** Room for what is said of it. */
const ABOVE_LIMIT = 1.1;

/**
 * Lines over marks of an axis that are equally far apart, each with its name at its end.
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.subtitle
 * @param {Line[]} plot.lines
 * @param {{ at: number, label: string }[]} plot.marks of the horizontal axis
 * @param {string} plot.axis what the horizontal axis is
 * @param {boolean} plot.isLogarithmic
 * @param {{ value: number, label: string }} [plot.limit] a line across
 */
export function linePlot({ title, subtitle, lines, marks, axis, isLogarithmic, limit }) {
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const ticks = isLogarithmic ? decades(values) : steps([...values, (limit?.value ?? 0) * ABOVE_LIMIT]);
  const [bottom = 0, top = 1] = [ticks[0], ticks.at(-1)];
  const scaled = isLogarithmic ? Math.log10 : (/** @type {number} */ value) => value;
  const y = (/** @type {number} */ value) => {
    const share = (scaled(value) - scaled(bottom)) / (scaled(top) - scaled(bottom));
    return HEIGHT - FRAME.bottom - share * (HEIGHT - FRAME.top - FRAME.bottom);
  };
  const x = (/** @type {number} */ at) => {
    const index = marks.findIndex((mark) => mark.at === at);
    return (
      FRAME.left + 24 + (index / Math.max(1, marks.length - 1)) * (WIDTH - FRAME.left - FRAME.right - 36)
    );
  };
  const right = WIDTH - FRAME.right;

  const grid = ticks.flatMap((tick) => [
    element('line', { x1: FRAME.left, x2: right, y1: y(tick), y2: y(tick), stroke: 'var(--grid)' }),
    text(FRAME.left - 10, y(tick) + 4, tickLabel(tick), { class: 'faint', 'text-anchor': 'end' }),
  ]);
  const below = marks.map(({ at, label }) =>
    text(x(at), HEIGHT - FRAME.bottom + 20, label, { class: 'faint', 'text-anchor': 'middle' }),
  );
  const across = limit
    ? [
        element('line', {
          ...{ x1: FRAME.left, x2: right, y1: y(limit.value), y2: y(limit.value) },
          ...{ stroke: 'var(--line1)', 'stroke-width': 1.5, 'stroke-dasharray': '6 4' },
        }),
        text(FRAME.left + 8, y(limit.value) - 6, limit.label, { class: 'faint' }),
      ]
    : [];
  const drawn = lines.map(({ points, isOurs }, number) => {
    const color = `var(--line${number % 5})`;
    const path = points.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const dots = points.map(({ at, value }) =>
      element('circle', { cx: x(at), cy: y(value), r: 4, fill: color }),
    );
    const line = element('polyline', {
      points: path,
      fill: 'none',
      stroke: color,
      'stroke-width': isOurs ? 3 : 2,
    });
    return line + dots.join('');
  });
  const names = spread(
    lines.map(({ label, isOurs, points }, number) => {
      const last = points.at(-1);
      return {
        ...{ label: `${label}  ${digits(last?.value ?? 0)}`, isOurs, number },
        y: y(last?.value ?? bottom),
      };
    }),
  ).map(({ label, isOurs, number, y: at }) =>
    text(right + 14, at + 4, label, {
      style: `fill: var(--line${number % 5})`,
      ...(isOurs ? { class: 'ours' } : {}),
    }),
  );
  const middle = (FRAME.left + right) / 2;
  return drawing({ title, subtitle, width: WIDTH, height: HEIGHT }, [
    ...[...grid, ...below, ...across, ...drawn, ...names],
    text(middle, HEIGHT - 12, axis, { class: 'faint', 'text-anchor': 'middle' }),
  ]);
}

/** @param {number} tick */
const tickLabel = (tick) => (tick >= 1 ? tick.toLocaleString('en') : String(Number(tick.toPrecision(3))));

/**
 * Powers of ten, and halves of them, around all values.
 * @param {number[]} values
 */
function decades(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const powers = Array.from({ length: 8 }, (_, power) => 10 ** (power - 4));
  const candidates = powers.flatMap((power) => [1, 2, 5].map((factor) => factor * power));
  const from = candidates.findLastIndex((tick) => tick <= least);
  const to = candidates.findIndex((tick) => tick >= most);
  return candidates.slice(Math.max(0, from), to === -1 ? undefined : to + 1);
}

/**
 * From 0, in steps that people like.
 * @param {number[]} values
 */
function steps(values) {
  const most = Math.max(...values);
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, k) => k * step);
}

/**
 * Names that would lie over each other are moved apart.
 * @template {{ y: number }} Name
 * @param {Name[]} names
 */
function spread(names) {
  let below = Number.NEGATIVE_INFINITY;
  const sorted = names
    .toSorted((a, b) => a.y - b.y)
    .map((name) => {
      below = Math.max(name.y, below + LABEL_ROW);
      return { ...name, y: below };
    });
  const over = below - (HEIGHT - FRAME.bottom);
  return over > 0 ? sorted.map((name) => ({ ...name, y: name.y - over })) : sorted;
}
