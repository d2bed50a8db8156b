import { SealiftError } from '../errors/index.js';

/** What a command takes besides options: `many` of them, or one. */
export interface Positional {
  key: string;
  many: boolean;
}

/** The positional of a usage such as `fetch [name..]`. */
export function positionalOf(usage: string): Positional | null {
  const match = /\[(\w+)(\.\.)?\]/.exec(usage);
  return match && { key: match[1] as string, many: match[2] !== undefined };
}

/**
 * Makes of what the parser made what a person means: of an option that is given twice the last one counts, none has an
 * empty value, and words behind `--` are names, whatever they begin with. `words` is the command line.
 * @throws SealiftError USAGE
 */
export function tidyArguments(
  args: Record<string, unknown>,
  positional: Positional | null,
  words: string[],
): void {
  for (const [key, value] of Object.entries(args)) {
    if (key === '_' || key === '--' || (positional?.many && key === positional.key)) continue;
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last === '' && key !== positional?.key) {
      throw new SealiftError('USAGE', `${key.length === 1 ? '-' : '--'}${key} needs a value`);
    }
    args[key] = last;
  }
  const count = Array.isArray(args['--']) ? args['--'].length : 0;
  if (count === 0 || positional === null) return;
  // As typed: the parser makes numbers of what looks like one.
  const behind = words.slice(-count);
  const { key, many } = positional;
  if (many) {
    args[key] = [...((args[key] as string[] | undefined) ?? []), ...behind];
    return;
  }
  const all = args[key] === undefined ? behind : [args[key], ...behind];
  if (all.length > 1) throw new SealiftError('USAGE', `too many arguments: ${all.slice(1).join(', ')}`);
  args[key] = all[0];
}
