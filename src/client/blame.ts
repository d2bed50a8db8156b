import { SealiftError, systemCode } from '../errors/index.js';
import type { Connection } from './connection.js';
import { remoteStat } from './remote-stat.js';

/** Who damaged a file that keeps arriving wrong. */
export type Culprit = 'server' | 'way' | 'unknown';

/**
 * Asks the server to hash its file anew: if that has rotted, or cannot be read, it is to blame, and if it is right, the
 * way here.
 * @throws SealiftError CHANGED when it is another file by now
 */
export async function findCulprit(connection: Connection, name: string, md5: string): Promise<Culprit> {
  try {
    const now = await remoteStat(connection, name, { fresh: true });
    if (now.md5 === md5) return 'way';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'CORRUPT' || (code === 'INTERNAL' && connection.gotFailure)) return 'server';
    if (code === 'ABORTED') throw error;
    return 'unknown';
  }
  throw new SealiftError('CHANGED', `${name}: it changed on the server meanwhile`);
}

export function describeCulprit(culprit: Culprit): string {
  switch (culprit) {
    case 'server':
      return "the server's own file is damaged: restore it there, with a new time (touch)";
    case 'way':
      return "the server's own file is right: it was damaged on the way here";
    case 'unknown':
      return 'on the server or on the way: the server did not say';
  }
}

/** Of a file whose only digest is that of the whole. */
export function cameWrong(announced: string, received: string, times: number): string {
  const often = times === 1 ? '' : `, wrong ${times} times`;
  return `damaged: announced md5 ${announced}, received ${received}${often}`;
}
