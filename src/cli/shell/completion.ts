import { escapePattern, isPattern } from '../../protocol/index.js';
import { openWord, type Quote, quoteWord, readLine } from './line.js';
import { remoteNames } from './remote-names.js';
import { namesOf, type ShellCommand, type ShellState } from './shell-command.js';
import { shellCommands } from './shell-commands.js';

/** What a word can be completed to, and what is there of it already: as node:readline wants it. */
export type Completions = [completions: string[], typed: string];

/** Says that there is more: with it in the list, nothing is taken for the only possibility. */
const MORE = '…';
/** What follows one of these is a local path or a value. */
const TAKES_VALUE = /^(-[docji]|--(dir|output|expect|digest|jobs|count|interval))$/;

/** Completes the last word of `line`, which ends where the cursor is. */
export async function complete(line: string, shell: ShellState): Promise<Completions> {
  const { words, open, endsInComment } = readLine(line);
  if (endsInComment) return [[], ''];
  const last = words.at(-1);
  const isNew = !last || (open === null && /[ \t]$/.test(line) && endsBefore(line, last.start, words.length));
  const [typed, raw] = isNew ? ['', ''] : [last.text, line.slice(last.start)];
  const before = (isNew ? words : words.slice(0, -1)).map(({ text }) => text);
  const first = raw[0];
  const quote = first === "'" || first === '"' ? first : null;
  return [await completionsOf(before, typed, quote, shell), raw];
}

/** True if the last word, which begins at `start`, ends before the space at the end of the line. */
function endsBefore(line: string, start: number, count: number): boolean {
  // A character more would be a word more.
  return readLine(`${line}x`).words.length > count || start >= line.length;
}

async function completionsOf(
  [name, ...before]: string[],
  typed: string,
  quote: Quote | null,
  shell: ShellState,
): Promise<string[]> {
  if (name === undefined) return commandNames(typed);
  const command = shellCommands.find((command) => namesOf(command).includes(name));
  if (!command || TAKES_VALUE.test(before.at(-1) ?? '')) return [];
  if (typed.startsWith('-') && !before.includes('--')) return optionsOf(command, typed);
  switch (command.takes) {
    case 'commands':
      return before.length === 0 ? commandNames(typed) : [];
    case 'nothing':
      return [];
    default:
      return names(command.takes, typed, quote, shell);
  }
}

function commandNames(typed: string): string[] {
  const all = shellCommands.flatMap(namesOf).filter((name) => name.startsWith(typed));
  return all.map((name) => `${name} `);
}

async function optionsOf({ options }: ShellCommand, typed: string): Promise<string[]> {
  const all = (await options?.()) ?? [];
  return all
    .map((name) => `--${name}`)
    .filter((option) => option.startsWith(typed))
    .map((option) => `${option} `);
}

async function names(
  takes: ShellCommand['takes'],
  typed: string,
  quote: Quote | null,
  shell: ShellState,
): Promise<string[]> {
  const isForPattern = takes === 'patterns';
  // A name has no backslash: one that is typed takes a character's meaning as a pattern away.
  const literal = isForPattern ? typed.replace(/\\(.)/g, '$1') : typed;
  if (isForPattern && isPattern(typed) && escapePattern(literal) !== typed) return [];
  const { names, isWhole } = await remoteNames(shell, literal);
  const wanted = takes === 'folders' ? names.filter((name) => name.endsWith('/')) : names;
  const written = wanted.map((name) => {
    const asPattern = isForPattern ? escapePattern(name) : name;
    // Not to be taken for an option.
    const word = asPattern.startsWith('-') ? `./${asPattern}` : asPattern;
    // A folder is gone on with; a file is done with.
    return name.endsWith('/') ? openWord(word, quote) : `${quoteWord(word, quote)} `;
  });
  return isWhole ? written : [...written, MORE];
}
