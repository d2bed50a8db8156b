/** In double quotes, which the script for bash puts around a name with a space. */
const LIVE_IN_QUOTES = /[$`"\\!]/;
const LIVE = /[$`"'\\!;&|<>(){}[\]*?]|^[~#]/;

/**
 * True for a name that stands for itself where a shell puts it into a command line as it is. Anything else could be run as a command, and names come from a server.
 * One that begins with a dash would be an option.
 */
export function isShellSafe(name: string): boolean {
  return !name.startsWith('-') && !(name.includes(' ') ? LIVE_IN_QUOTES : LIVE).test(name);
}
