import { median } from '../measure/statistics.js';
import { barPlot } from './bar-plot.js';
import { linePlot } from './line-plot.js';

/** @typedef {import('./table.js').Result} Result */

const KIB = 1_024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

/**
 * The pictures that the results are enough for.
 * @param {readonly Result[]} results
 * @returns {Record<string, string>} SVG by the name of its file
 */
export function plots(results) {
  const of = (/** @type {number} */ number) => results.find((result) => result.number === number);
  return {
    ...throughput(of(1), of(2)),
    ...timeByFiles(of(3)?.series?.['seconds by files']),
    ...memoryBySize(of(10)?.series?.['memory by size']),
  };
}

/** @param {string} label */
const isOurs = (label) => label.startsWith('sealift');

/**
 * @param {Result | undefined} verified
 * @param {Result | undefined} quick
 */
function throughput(verified, quick) {
  if (!verified) return {};
  const bars = (/** @type {Result} */ { measures }) =>
    measures
      .filter(({ contender }) => contender !== ONE_CORE)
      .map(({ contender, values }) => ({
        label: contender,
        value: median(values),
        isOurs: isOurs(contender),
      }));
  const core = verified.measures.find(({ contender }) => contender === ONE_CORE);
  const mark = core && { label: 'MD5 on one core', value: median(core.values) };
  return {
    'throughput.svg': barPlot({
      title: 'One file of 2 GiB, from memory to memory over loopback',
      subtitle: 'Throughput by program, longer is better',
      unit: 'MB/s',
      groups: [
        { title: 'every byte verified by MD5', bars: bars(verified), ...(mark ? { mark } : {}) },
        ...(quick ? [{ title: 'verified by something quicker, or not at all', bars: bars(quick) }] : []),
      ],
    }),
  };
}

const ONE_CORE = 'MD5 from memory, one core';

/** @param {import('../workload.js').Series | undefined} series */
function timeByFiles(series) {
  if (!series) return {};
  return {
    'files.svg': linePlot({
      title: 'Small files of 4 KiB, from memory to memory over loopback',
      subtitle: 'Seconds by number of files, both on logarithmic scales, lower is better',
      axis: 'files',
      isLogarithmic: true,
      lines: linesOf(series),
      marks: marksOf(series, (at) => at.toLocaleString('en')),
    }),
  };
}

/** @param {import('../workload.js').Series | undefined} series */
function memoryBySize(series) {
  if (!series) return {};
  return {
    'memory.svg': linePlot({
      title: 'Memory by size of the file',
      subtitle: 'Most memory resident (MB), lower is better',
      axis: 'size of the file',
      isLogarithmic: false,
      lines: linesOf(series),
      marks: marksOf(series, sizeLabel),
      limit: { value: 150, label: 'bound for sealift: 150' },
    }),
  };
}

/** @param {import('../workload.js').Series} series */
const linesOf = (series) =>
  Object.entries(series).map(([label, points]) => ({ label, points, isOurs: isOurs(label) }));

/**
 * @param {import('../workload.js').Series} series
 * @param {(at: number) => string} label
 */
function marksOf(series, label) {
  const all = new Set(Object.values(series).flatMap((points) => points.map(({ at }) => at)));
  return [...all].sort((a, b) => a - b).map((at) => ({ at, label: label(at) }));
}

/** @param {number} bytes */
function sizeLabel(bytes) {
  const power = Math.floor(Math.log(bytes) / Math.log(KIB));
  return `${bytes / KIB ** power} ${UNITS[power]}`;
}
