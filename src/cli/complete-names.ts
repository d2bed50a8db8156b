import { connect } from '../client/index.js';
import { escapePattern } from '../protocol/index.js';
import { findServer } from './find-server.js';
import { isShellSafe } from './shell-safe.js';

/** A shell waits for this, so it must be short. */
const PATIENCE_MS = 500;
const NAME_PATIENCE_MS = 300;
const NAMES_MAX = 500;
export const REQUEST = '--get-yargs-completions';
const TAKE_NAMES = new Set(['fetch', 'info', 'list', 'share', 'verify']);
const ALIASES: Record<string, string> = { get: 'fetch', ls: 'list' };
/** What follows one of these is a path or a value: left to the shell. */
const TAKE_VALUES =
  /^(-[sdojpci]|--(server|timeout|dir|output|expect|expires|uses|digest|jobs|host|port|limit|scrub|scrub-limit|tls-cert|tls-key|token-file|announce-as|count|interval|shell|exec|exec-timeout))$/;

/**
 * The words that a shell wants completed, the program's name first; null if the command line is an ordinary one. fish
 * leaves the program's name out, and bash takes `HOST:PORT` and `--option=value` apart.
 */
export function wordsToComplete(words: string[]): string[] | null {
  if (words[0] !== REQUEST) return null;
  const [program = '', ...rest] = words.slice(1);
  const joined: string[] = [];
  for (const word of program === 'sealift' ? rest : [program, ...rest]) {
    const before = joined.at(-1);
    const isPart = word === ':' || word === '=' || (before !== undefined && /.[:=]$/.test(before));
    if (before !== undefined && isPart && word !== '') joined.splice(-1, 1, before + word);
    else joined.push(word);
  }
  // yargs knows the options of a command by its first name only.
  return ['sealift', ...joined.map((word, at) => (at === 0 ? (ALIASES[word] ?? word) : word))];
}

type Done = (completions: string[]) => void;

/** Completes served names for the commands that take one; everything else as yargs does. */
export async function completeNames(
  current: string,
  argv: { _?: (string | number)[]; server?: string; s?: string },
  useDefault: (onCompleted?: (error: Error | null, completions?: string[]) => void) => unknown,
  done: Done,
): Promise<void> {
  // Words are taken as typed: at this point yargs does not know yet which options the command has.
  const words = wordsToComplete(process.argv.slice(2))?.slice(1) ?? [];
  if (TAKE_VALUES.test(words.at(-2) ?? '')) return done([]);
  const command = words.find((word) => !word.startsWith('-')) ?? '';
  const isName = words.length > 1 && TAKE_NAMES.has(command) && !current.startsWith('-');
  if (isName) return done(await servedNames(current, argv.server ?? argv.s));
  useDefault((_error, completions = []) =>
    // A short option is written with one dash, and known by its long form here.
    done(completions.filter((completion) => !/^--?[^-]$/.test(completion))),
  );
}

async function servedNames(prefix: string, server: string | undefined): Promise<string[]> {
  const asked = server ?? (process.env.SEALIFT_SERVER || 'sealift://127.0.0.1:9696');
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const names: string[] = [];
  try {
    const finding = { signal, timeout: NAME_PATIENCE_MS, mayRemember: false, warn: () => {} };
    const { url, ...access } = await findServer(asked, finding);
    const client = await connect(url, { signal, ...access });
    try {
      const start = escapePattern(prefix);
      for await (const { name } of client.list(`{${start}*,${start}*/**}`, { signal })) {
        // Rule: bash puts it into the command line as it is, and one key later that is run.
        if (isShellSafe(name) && names.push(name) === NAMES_MAX) break;
      }
    } finally {
      client.close();
    }
  } catch {
    // No server, no names: a shell is no place for an error.
  }
  return names;
}
