import { positionalOf } from './arguments.js';
import type { Option, OptionTable } from './option-table.js';

/** What yargs takes for something else than a word: an option, a quoted word, the value of a flag before it, a wish for help. */
const AMBIGUOUS = /^$|^-|^['"]|^(true|false|help)$/;

/**
 * The arguments of a command, if its command line is a plain one: words that stand for themselves, each option once, its
 * value in a word of its own or behind `=`. Null for any other, right or wrong: that is left to yargs, which takes longer
 * to load than most commands run. What yargs makes of a plain one is the same.
 */
export function plainArguments(
  usage: string,
  words: string[],
  { options, checks }: OptionTable,
): Record<string, unknown> | null {
  const args: Record<string, unknown> = {};
  for (const option of options) if (option.default !== undefined) set(args, option, option.default);
  const given = new Set<Option>();
  const names: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith('-')) {
      names.push(word);
      continue;
    }
    const [, flag = '', joined] = /^(--[^=]+|-[^-=])(?:=(.*))?$/s.exec(word) ?? [];
    const option = options.find(({ name, alias }) => flag === `--${name}` || flag === `-${alias}`);
    if (!option || given.has(option)) return null;
    given.add(option);
    if (option.type === 'boolean') {
      if (joined !== undefined) return null;
      set(args, option, true);
    } else {
      const value = joined ?? words[++at];
      if (value === undefined || AMBIGUOUS.test(value)) return null;
      if (option.choices && !option.choices.includes(value)) return null;
      set(args, option, value);
    }
  }
  if (names.some((name) => AMBIGUOUS.test(name) || isNumeric(name))) return null;
  const positional = positionalOf(usage);
  if (positional?.many) args[positional.key] = names;
  else if (names.length > (positional ? 1 : 0)) return null;
  else if (positional && names.length > 0) args[positional.key] = names[0];
  return checks.every((check) => passes(check, args)) ? args : null;
}

/** Under all the names that yargs gives it. */
function set(args: Record<string, unknown>, { name, alias }: Option, value: unknown): void {
  args[name] = value;
  args[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] = value;
  if (alias !== undefined) args[alias] = value;
}

function isNumeric(word: string): boolean {
  return !Number.isNaN(Number(word)) || /^[\d.]+(e[-+]?\d+)?$/.test(word);
}

/** What is wrong is told by yargs. */
function passes(check: (args: Record<string, unknown>) => unknown, args: Record<string, unknown>): boolean {
  try {
    return check(args) === true;
  } catch {
    return false;
  }
}
