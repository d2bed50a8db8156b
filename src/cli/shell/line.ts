import { SealiftError } from '../../errors/index.js';

interface Word {
  text: string;
  /** Where it begins in the line, quotes included. */
  start: number;
}

export interface Line {
  words: Word[];
  /** What is not closed at its end; a backslash is one with nothing behind it. */
  open: Quote | '\\' | null;
  endsInComment: boolean;
}

export type Quote = "'" | '"';

const SPACE = /[ \t\r\n]/;
/** What a backslash takes its meaning from within double quotes; before all else it stands for itself. */
const SPECIAL_IN_DOUBLE = /[\\"$`]/;

/**
 * Takes a line apart into words, quoted as in sh(1) (POSIX.1-2024, Shell Command Language, 2.2): `'…'`, `"…"`, a
 * backslash; `#` at the beginning of a word begins a comment. Nothing else has a meaning: no variables, no pipes.
 */
export function readLine(line: string): Line {
  const words: Word[] = [];
  let word: Word | null = null;
  let open: Quote | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (open === null && SPACE.test(char)) {
      word = null;
      continue;
    }
    if (word === null) {
      if (char === '#') return { words, open, endsInComment: true };
      word = { text: '', start: at };
      words.push(word);
    }
    if (char === open) open = null;
    else if (open === "'") word.text += char;
    else if (char === '\\') {
      const next = line[++at];
      if (next === undefined) return { words, open: '\\', endsInComment: false };
      if (open === '"' && !SPECIAL_IN_DOUBLE.test(next)) word.text += '\\';
      word.text += next;
    } else if (open === null && (char === "'" || char === '"')) open = char;
    else word.text += char;
  }
  return { words, open, endsInComment: false };
}

/**
 * The words of a line.
 * @throws SealiftError USAGE for a quote that is not closed
 */
export function wordsOf(line: string): string[] {
  const { words, open } = readLine(line);
  if (open === '\\') throw new SealiftError('USAGE', 'nothing follows the backslash at the end of the line');
  if (open !== null) throw new SealiftError('USAGE', `a quote is not closed: ${open}`);
  return words.map(({ text }) => text);
}

/** What stands for something else than itself outside of quotes. */
const TO_ESCAPE = /[ \t\r\n\\'"#]/g;

/** A word as it is written so that {@link wordsOf} reads `text`, in the quotes that it was begun in, or with backslashes. */
export function quoteWord(text: string, quote: Quote | null = null): string {
  return openWord(text, quote) + (quote ?? (text === '' ? "''" : ''));
}

/** As {@link quoteWord}, of a word that goes on: its quotes are not closed. */
export function openWord(text: string, quote: Quote | null): string {
  if (quote === null) return text.replace(TO_ESCAPE, '\\$&');
  if (quote === "'") return `'${text.replaceAll("'", "'\\''")}`;
  return `"${text.replace(new RegExp(SPECIAL_IN_DOUBLE, 'g'), '\\$&')}`;
}
