import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where Sealift keeps what belongs to a user: `sealift` in `XDG_CONFIG_HOME` (XDG Base Directory Specification: a relative one does not
 * count), else in `~/.config`. Null for a user without a home. It need not be there yet.
 */
export function configFolder(env: NodeJS.ProcessEnv = process.env): string | null {
  const { XDG_CONFIG_HOME: folder = '' } = env;
  if (isAbsolute(folder)) return join(folder, 'sealift');
  try {
    return join(env.HOME || homedir(), '.config', 'sealift');
  } catch {
    return null;
  }
}
