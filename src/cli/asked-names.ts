import type { Sealift } from '../client/index.js';
import { type Entry, escapePattern, isName, isPattern } from '../protocol/index.js';

/** What a person types for a name: in another Unicode form, from a shell's completion, with a slash for a folder. */
export function plainName(asked: string): string {
  return asked
    .normalize('NFC')
    .replace(/^(\.\/)+/, '')
    .replace(/\/+$/, '');
}

/**
 * The pattern of everything that `asked` stands for: a file, a folder (all below it), or a glob pattern. `x/**` matches
 * `x` as well.
 */
export function patternOf(asked: string): string {
  const plain = plainName(asked);
  const pattern = isPattern(plain) ? plain : escapePattern(plain);
  return pattern.endsWith('**') ? pattern : `${pattern}/**`;
}

/** True if `asked` may stand for several files. */
export function mayBeMany(asked: string): boolean {
  return isPattern(asked) || asked.endsWith('/');
}

export interface AskedName {
  name: string;
  /** Out of a listing. A name without one was taken as typed: if there is no such file it may be a folder. */
  entry?: Entry | undefined;
}

/**
 * The names that `asked` stands for, some at a time. A plain name is not looked up: asking for the file tells whether it is there,
 * and {@link namesBelow} whether it is a folder instead.
 */
export async function* namesFor(
  client: Sealift,
  asked: string,
  signal: AbortSignal,
): AsyncGenerator<AskedName[]> {
  const plain = plainName(asked);
  if (!mayBeMany(asked)) return yield [{ name: plain }];
  let count = 0;
  for await (const page of namesMatching(client, patternOf(asked), signal)) {
    count += page.length;
    yield page;
  }
  // A file may have a name that looks like a pattern; what is no name at all is told as that.
  if (count === 0) yield [{ name: isName(plain) ? plain : asked }];
}

export async function* namesBelow(
  client: Sealift,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<AskedName[]> {
  if (isName(folder)) yield* namesMatching(client, `${escapePattern(folder)}/**`, signal);
}

async function* namesMatching(
  client: Sealift,
  pattern: string,
  signal: AbortSignal,
): AsyncGenerator<AskedName[]> {
  for await (const page of client.listPages(pattern, { signal })) {
    yield page.map((entry) => ({ name: entry.name, entry }));
  }
}
