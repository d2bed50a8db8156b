import { median } from '../measure/statistics.js';
import { isMet } from './judge.js';
import { digits, figure } from './units.js';

/**
 * @typedef {import('../workload.js').Judgement} Judgement
 * @typedef {import('../workload.js').Measure} Measure
 *
 * What a workload came to; without a verdict where times mean nothing.
 * @typedef {import('../workload.js').Outcome & { number: number, title: string, isJudged: boolean, rounds: number }} Result
 */

const MARKS = { met: '✓', missed: '✗', none: '–' };
const OF_TARGETS = ['#', 'what', 'sealift', 'compared with', 'result', 'target', ''];
const OF_MEASURES = ['#', 'who', 'what', 'median', 'lowest – highest', 'CPU s', 'server CPU s', 'memory MB'];

/** @param {Judgement['target']} target */
const shownTarget = (target) => ('least' in target ? `≥ ${target.least}` : `≤ ${target.most}`);

/**
 * @param {Result} result
 * @param {Judgement} judgement
 */
function mark({ isJudged }, judgement) {
  const met = isJudged ? isMet(judgement) : null;
  return met === null ? MARKS.none : met ? MARKS.met : MARKS.missed;
}

/**
 * A line for each figure that has a target.
 * @param {readonly Result[]} results
 * @returns {string[][]} the head first
 */
export function targetRows(results) {
  const rows = results.flatMap((result) =>
    result.judgements.map((judgement) => [
      String(result.number),
      judgement.what,
      judgement.build === 'sealift' ? judgement.ours : `${judgement.build}: ${judgement.ours}`,
      judgement.theirs,
      judgement.value === null ? '–' : figure(judgement.value, judgement.unit),
      shownTarget(judgement.target),
      mark(result, judgement),
    ]),
  );
  return [OF_TARGETS, ...rows];
}

/**
 * A line for each contender.
 * @param {readonly Result[]} results
 * @returns {string[][]} the head first
 */
export function measureRows(results) {
  const rows = results.flatMap(({ number, measures }) =>
    measures.map(({ contender, what, unit, values, cpuSeconds, serverCpuSeconds, peakBytes }) => [
      ...[String(number), contender, what, figure(median(values), unit)],
      values.length > 1 ? `${digits(Math.min(...values))} – ${digits(Math.max(...values))}` : '',
      ...[cpuSeconds, serverCpuSeconds].map((seconds) => (seconds == null ? '' : seconds.toFixed(2))),
      peakBytes == null ? '' : (peakBytes / 1e6).toFixed(0),
    ]),
  );
  return [OF_MEASURES, ...rows];
}

/**
 * In columns, for a terminal.
 * @param {readonly string[][]} rows
 */
export function inColumns(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * In Markdown; columns without anything are left out.
 * @param {readonly string[][]} rows the head first
 */
export function inMarkdown(rows) {
  const [head = [], ...body] = rows;
  const used = head.map((_, column) => column === head.length - 1 || body.some((row) => row[column] !== ''));
  const line = (/** @type {string[]} */ row) =>
    `| ${row
      .filter((_, column) => used[column])
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}
