import { median, speedRatio } from '../measure/statistics.js';
import { figure } from './units.js';

/**
 * @typedef {import('../measure/timed.js').Timing} Timing
 * @typedef {import('../workload.js').Judgement} Judgement
 * @typedef {import('../workload.js').Measure} Measure
 */

/**
 * Whether the target is met; null where there is no figure.
 * @param {Judgement} judgement
 */
export function isMet({ value, target }) {
  if (value === null) return null;
  return 'least' in target ? value >= target.least : value <= target.most;
}

/**
 * What a contender's runs came to.
 * @param {string} contender
 * @param {string} what
 * @param {readonly Timing[]} timings
 * @param {number} [bytes] so many in each run: a rate is told instead of the time
 * @returns {Measure}
 */
export function measureOf(contender, what, timings, bytes) {
  const middle = (/** @type {(timing: Timing) => number | null} */ of) => {
    const known = timings.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : median(known);
  };
  return {
    contender,
    what,
    unit: bytes === undefined ? 's' : 'MB/s',
    values: timings.map(({ seconds }) => (bytes === undefined ? seconds : bytes / 1e6 / seconds)),
    cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
    serverCpuSeconds: middle(({ serverCpuSeconds }) => serverCpuSeconds),
    peakBytes: middle(({ peakBytes }) => peakBytes),
  };
}

/**
 * How many times as fast as another contender.
 * @param {string} build
 * @param {string} rival
 * @param {Map<string, Timing[]>} timings
 * @param {{ least: number } | { most: number }} target
 * @param {{ what?: string, bytes?: number | undefined, perSecond?: import('./units.js').Unit | undefined }} [options]
 *   `perSecond`: a rate of what each timing is for one of
 * @returns {Judgement[]} none if the other one is not there
 */
export function judgeSpeed(
  build,
  rival,
  timings,
  target,
  { what = `against ${rival}`, bytes, perSecond } = {},
) {
  const theirs = timings.get(rival);
  if (theirs === undefined) return [];
  const ours = timings.get(build);
  const shown = (/** @type {Timing[]} */ runs) => {
    const seconds = median(runs.map((run) => run.seconds));
    if (perSecond !== undefined) return figure(1 / seconds, perSecond);
    return bytes === undefined ? figure(seconds, 's') : figure(bytes / 1e6 / seconds, 'MB/s');
  };
  return [
    {
      what,
      build,
      ours: ours ? shown(ours) : 'not available',
      theirs: `${rival}: ${shown(theirs)}`,
      value: ours ? speedRatio(ours, theirs) : null,
      unit: '×',
      target,
    },
  ];
}

/**
 * The fastest of those that are there, by the median; undefined if none is.
 * @param {Map<string, Timing[]>} timings
 * @param {readonly string[]} names
 */
export function fastest(timings, names) {
  const there = names.filter((name) => timings.has(name));
  const time = (/** @type {string} */ name) =>
    median((timings.get(name) ?? []).map(({ seconds }) => seconds));
  return there.sort((a, b) => time(a) - time(b))[0];
}
