import { PATTERN_ALTERNATIVES_MAX } from './limits.js';
import { ProtocolError } from './protocol-error.js';

/**
 * `a{b,c{d,e}}` → `ab`, `acd`, `ace`. Braces without a comma, or never closed, stand for themselves.
 * @throws ProtocolError above 64 alternatives, before more are made.
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
  return done;
}

interface Brace {
  start: number;
  end: number;
  options: string[];
}

/** The first outermost `{…,…}`. */
function findBrace(text: string): Brace | null {
  for (let start = 0; start < text.length; start++) {
    if (text[start] === '\\') start++;
    else if (text[start] === '{') {
      const brace = readBrace(text, start);
      if (brace) return brace;
    }
  }
  return null;
}

function readBrace(text: string, start: number): Brace | null {
  const options: string[] = [];
  let depth = 0;
  let optionStart = start + 1;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (char === ',' && depth === 0) {
      options.push(text.slice(optionStart, at));
      optionStart = at + 1;
    } else if (char === '}') {
      if (options.length === 0) return null;
      options.push(text.slice(optionStart, at));
      return { start, end: at, options };
    }
  }
  return null;
}
