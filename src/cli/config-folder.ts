import { homedir } from 'node:os';
import { join } from 'node:path';

/** `XDG_CONFIG_HOME` of the XDG Base Directory Specification, else `~/.config`, and in it ours. */
export function configFolder(env: NodeJS.ProcessEnv = process.env): string {
  const folder = env.XDG_CONFIG_HOME;
  return join(folder?.startsWith('/') ? folder : join(env.HOME ?? homedir(), '.config'), 'sealift');
}
