import { escapePattern } from '../../protocol/index.js';
import type { ShellState } from './shell-command.js';

/** Somebody waits for it with a finger on the key. */
const PATIENCE_MS = 500;
const NAMES_MAX = 500;

export interface RemoteNames {
  /** As they would be typed: a folder with a slash at its end. */
  names: string[];
  /** False if there may be more. */
  isWhole: boolean;
}

/**
 * What `typed` may be the beginning of, in the shell's folder: files, and folders without what is in them. Takes half a
 * second at the most, and says nothing of a server that is gone.
 */
export async function remoteNames({ client, folder }: ShellState, typed: string): Promise<RemoteNames> {
  const at = typed.lastIndexOf('/') + 1;
  const [above, beginning] = [typed.slice(0, at), typed.slice(at)];
  if (beginning === '..') return { names: [`${above}../`], isWhole: true };
  const inside = folder.nameOf(above === '' ? '.' : above);
  const prefix = inside === '' ? '' : `${inside}/`;
  const names = new Set<string>();
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const pattern = `${escapePattern(prefix + beginning.normalize('NFC'))}*/**`;
    for await (const page of client.listPages(pattern, { signal })) {
      for (const { name } of page) {
        const [segment = '', ...below] = name.slice(prefix.length).split('/');
        names.add(`${above}${segment}${below.length > 0 ? '/' : ''}`);
        if (names.size === NAMES_MAX) return { names: [...names], isWhole: false };
      }
    }
  } catch {
    // Rule: completing is silent, whatever happened.
    return { names: [...names], isWhole: names.size === 0 };
  }
  return { names: [...names], isWhole: true };
}
