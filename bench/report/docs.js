import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plots } from './plots.js';
import { inMarkdown, measureRows, targetRows } from './table.js';

/** @typedef {import('./table.js').Result} Result */

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const PAGE = join(DOCS, 'performance.md');
const FOLDER = join(DOCS, 'performance');
const KEPT = join(FOLDER, 'results.json');

/**
 * Publishes results: figures, tables and plots. Rows that were not run stay as they were, if they were measured on the
 * same machine.
 * @param {readonly Result[]} results
 * @param {readonly string[]} machine
 */
export function writeDocs(results, machine) {
  mkdirSync(FOLDER, { recursive: true });
  /** @type {{ machine: string[], results: Result[] }} */
  const before = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : { machine: [], results: [] };
  const isSame = before.machine.join() === machine.join();
  const kept = isSame
    ? before.results.filter((old) => !results.some(({ number }) => number === old.number))
    : [];
  const all = [...kept, ...results].sort((a, b) => a.number - b.number);
  writeFileSync(KEPT, `${JSON.stringify({ machine, results: all }, null, 1)}\n`);
  for (const [name, svg] of Object.entries(plots(all))) writeFileSync(join(FOLDER, name), svg);
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, withSections(page, sections(all, machine)));
}

/**
 * @param {readonly Result[]} results
 * @param {readonly string[]} machine
 */
function sections(results, machine) {
  const titles = results.map(({ number, title }) => `| ${number} | ${title} |`);
  return {
    machine: machine.map((line) => `- ${line}`).join('\n'),
    workloads: ['| # | workload |', '| --- | --- |', ...titles].join('\n'),
    targets: inMarkdown(targetRows(results)),
    measures: inMarkdown(measureRows(results)),
    settings: results.map(settingOf).join('\n\n'),
  };
}

/** @param {Result} result */
function settingOf({ number, title, rounds, setting, commands, notes }) {
  const said = [setting, ...notes.map((note) => `${note}.`)].join(' ');
  const lines = commands.map((command) => `  - \`${command}\``);
  return [`**${number}, ${title}.** ${said} Rounds: ${rounds}.`, '', ...lines].join('\n');
}

/**
 * The page with what is between each pair of markers made anew.
 * @param {string} page
 * @param {Record<string, string>} contents by the marker's name
 */
export function withSections(page, contents) {
  return Object.entries(contents).reduce((text, [name, content]) => {
    const marked = new RegExp(`(<!-- bench:${name} -->\\n)[^]*?(<!-- /bench:${name} -->)`);
    if (!marked.test(text)) throw new Error(`no markers for ${name}`);
    // A function, as the content may hold `$`.
    return text.replace(marked, (_, begin, end) => `${begin}\n${content}\n\n${end}`);
  }, page);
}
