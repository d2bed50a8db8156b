import { PATTERN_ALTERNATIVES_MAX } from './limits.js';
import { ProtocolError } from './protocol-error.js';

/**
 * `a{b,c{d,e}}` → `ab`, `acd`, `ace`. Braces without a comma, or never closed, stand for themselves.
 * Equal ones are given once.
 * @throws ProtocolError above 64 alternatives, equal ones counted, before more are made.
 */
export function expandBraces(text: string): string[] {
  const done: string[] = [];
  const todo = [text];
  while (todo.length > 0) {
    const next = todo.shift() as string;
    const brace = findBrace(next);
    if (brace === null) done.push(next);
    else {
      const head = next.slice(0, brace.start);
      const tail = next.slice(brace.end + 1);
      for (const option of brace.options) todo.push(head + option + tail);
    }
    if (done.length + todo.length > PATTERN_ALTERNATIVES_MAX) {
      throw new ProtocolError(`pattern's braces expand to more than ${PATTERN_ALTERNATIVES_MAX} patterns`);
    }
  }
  return [...new Set(done)];
}

interface Brace {
  start: number;
  end: number;
  options: string[];
}

/** The first outermost `{…,…}`, found in one pass: text from a peer may be nothing but opening braces. */
function findBrace(text: string): Brace | null {
  const open: { start: number; commas: number[] }[] = [];
  let found: { start: number; commas: number[]; end: number } | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '{') open.push({ start: at, commas: [] });
    else if (char === ',') open.at(-1)?.commas.push(at);
    else if (char === '}') {
      const brace = open.pop();
      if (brace && brace.commas.length > 0 && !(found && found.start < brace.start)) {
        found = { ...brace, end: at };
      }
    }
  }
  if (found === null) return null;
  const { start, commas, end } = found;
  const cuts = [start, ...commas, end];
  return { start, end, options: cuts.slice(1).map((cut, nth) => text.slice((cuts[nth] as number) + 1, cut)) };
}
