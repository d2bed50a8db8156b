import { delimiter, isAbsolute } from 'node:path';

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
/** What a program needs to know of who runs it and where. Rule: nothing else, for anything else may be a secret or a way to load code. */
const KEPT = /^(HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|USER|LOGNAME|SHELL)$/;

/** The folders of a PATH that mean the same wherever one is: a program must not come from the folder that is served. */
export function absoluteFolders({ PATH = DEFAULT_PATH }: NodeJS.ProcessEnv): string[] {
  return PATH.split(delimiter).filter(isAbsolute);
}

/** The environment of a program that a client runs. */
export function scrubbedEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => KEPT.test(entry[0]));
  return { PATH: absoluteFolders(env).join(delimiter), ...Object.fromEntries(kept) };
}
