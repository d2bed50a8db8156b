import { realpathSync } from 'node:fs';
import { delimiter, isAbsolute, relative, sep } from 'node:path';

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
/** What a program needs to know of who runs it and where. Rule: nothing else, for anything else may be a secret or a way to load code. */
const KEPT = /^(HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|USER|LOGNAME|SHELL)$/;

/**
 * The folders of a PATH that mean the same wherever one is, and are not in the storage: no program comes from the folder that is served.
 * @param storage real path
 */
export function programFolders({ PATH = DEFAULT_PATH }: NodeJS.ProcessEnv, storage: string): string[] {
  return PATH.split(delimiter).filter((folder) => isAbsolute(folder) && !isInside(folder, storage));
}

function isInside(folder: string, storage: string): boolean {
  const path = relative(storage, realPathOf(folder));
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

/** As it is written, for one that is not there. */
function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** The environment of a program that a client runs, which looks for others in these `folders`. */
export function scrubbedEnvironment(
  env: NodeJS.ProcessEnv,
  folders: readonly string[],
): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => KEPT.test(entry[0]));
  return { PATH: folders.join(delimiter), ...Object.fromEntries(kept) };
}
