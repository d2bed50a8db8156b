import { expandBraces } from './brace-expansion.js';
import { PATTERN_MAX } from './limits.js';
import { ProtocolError } from './protocol-error.js';

type Token =
  | { kind: 'star' }
  | { kind: 'any' }
  | { kind: 'char'; char: string }
  | { kind: 'set'; negated: boolean; ranges: [low: number, high: number][] };
type Segment = { kind: 'globstar' } | { kind: 'tokens'; tokens: Token[] };

const MAGIC = /[*?[\]{}\\]/g;
const GLOBSTAR: Segment = { kind: 'globstar' };

/**
 * A glob pattern over whole names (docs/protocol.md, Patterns). Not a regular expression underneath: those
 * backtrack, and a pattern comes from a peer. Each match takes at most pattern × name steps.
 */
export class Pattern {
  readonly #alternatives: Segment[][];

  /** @throws ProtocolError when it is too long or its braces expand to too many patterns. */
  constructor(readonly text: string) {
    if (Buffer.byteLength(text) > PATTERN_MAX)
      throw new ProtocolError(`pattern is longer than ${PATTERN_MAX} bytes`);
    this.#alternatives = expandBraces(text).map((glob) => unescapeSlashes(glob).split('/').map(parseSegment));
  }

  /** What every matching name begins with; a listing need not look elsewhere. */
  get prefix(): string {
    const [first = '', ...rest] = this.#alternatives.map(literalPrefix);
    let length = first.length;
    for (const other of rest) while (!other.startsWith(first.slice(0, length))) length--;
    // Not half of a surrogate pair.
    return first.slice(0, length).replace(/[\ud800-\udbff]$/, '');
  }

  matches(name: string): boolean {
    const segments = name.split('/');
    return this.#alternatives.some((pattern) =>
      matchSequence(
        pattern,
        segments,
        (part) => part.kind === 'globstar',
        (part, segment) => part.kind === 'tokens' && matchSegment(part.tokens, segment),
      ),
    );
  }
}

/** True if `text` means more than the one name it spells. */
export function isPattern(text: string): boolean {
  return text.search(MAGIC) >= 0;
}

/** The pattern that matches exactly `name`. */
export function escapePattern(name: string): string {
  return name.replace(MAGIC, '\\$&');
}

function literalPrefix(pattern: Segment[]): string {
  let prefix = '';
  for (const [at, segment] of pattern.entries()) {
    // Before the slash: `a/**` also matches `a`.
    if (segment.kind === 'globstar') return prefix;
    if (at > 0) prefix += '/';
    for (const token of segment.tokens) {
      if (token.kind !== 'char') return prefix;
      prefix += token.char;
    }
  }
  return prefix;
}

function matchSegment(tokens: Token[], segment: string): boolean {
  return matchSequence(tokens, [...segment], (token) => token.kind === 'star', matchesChar);
}

function matchesChar(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'char':
      return token.char === char;
    case 'set': {
      // By code point: as strings, what lies beyond U+FFFF would come before U+E000.
      const code = char.codePointAt(0) as number;
      return token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated;
    }
    default:
      return true;
  }
}

/**
 * Wildcard matching by two pointers: on a mismatch only the last wildcard takes one item more. Going back further
 * is never needed, since an earlier wildcard can leave to the later one whatever it would take.
 */
function matchSequence<P, T>(
  pattern: P[],
  items: T[],
  isWildcard: (part: P) => boolean,
  matchesOne: (part: P, item: T) => boolean,
): boolean {
  let at = 0;
  let item = 0;
  let wildcard = -1;
  let taken = 0;
  while (item < items.length) {
    const part = pattern[at];
    if (part !== undefined && isWildcard(part)) {
      wildcard = at++;
      taken = item;
    } else if (part !== undefined && matchesOne(part, items[item] as T)) {
      at++;
      item++;
    } else if (wildcard >= 0) {
      at = wildcard + 1;
      item = ++taken;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isWildcard);
}

/** A slash separates segments, escaped or not. */
function unescapeSlashes(glob: string): string {
  return glob.replace(/\\(.)/gs, (pair, char) => (char === '/' ? '/' : pair));
}

function parseSegment(text: string): Segment {
  if (text === '**') return GLOBSTAR;
  const chars = [...text];
  const tokens: Token[] = [];
  // Behind a bracket that is never closed there is none that is: looking again each time would be quadratic.
  let maySet = true;
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string;
    const set: ReturnType<typeof parseSet> = char === '[' && maySet ? parseSet(chars, at) : null;
    if (char === '[') maySet = set !== null;
    if (set) {
      tokens.push(set.token);
      at = set.end;
    } else if (char === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (char === '?') {
      tokens.push({ kind: 'any' });
    } else if (char === '\\' && at + 1 < chars.length) {
      tokens.push({ kind: 'char', char: chars[++at] as string });
    } else {
      tokens.push({ kind: 'char', char });
    }
  }
  return { kind: 'tokens', tokens };
}

/** `[a-z]`, `[!a-z]`, `[]a]`; null when the bracket is never closed and so stands for itself. */
function parseSet(chars: string[], start: number): { token: Token; end: number } | null {
  let at = start + 1;
  const negated = chars[at] === '!' || chars[at] === '^';
  if (negated) at++;
  const ranges: [number, number][] = [];
  const literal = () => chars[chars[at] === '\\' ? ++at : at]?.codePointAt(0);
  for (const first = at; at < chars.length; at++) {
    if (chars[at] === ']' && at > first) return { token: { kind: 'set', negated, ranges }, end: at };
    const low = literal();
    if (low === undefined) return null;
    const isRange = chars[at + 1] === '-' && at + 2 < chars.length && chars[at + 2] !== ']';
    if (isRange) at += 2;
    const high = isRange ? literal() : low;
    if (high === undefined) return null;
    ranges.push([low, high]);
  }
  return null;
}
