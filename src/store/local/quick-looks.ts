import type { IndexEntry } from '../digest-index/digest-index.js';
import type { FileIdentity } from './file-identity.js';
import { FILES_MAX, Found, identityIn, putIdentity } from './file-job.js';
import type { FileThread } from './file-thread.js';

/** So few are looked at first, so that there is something to do with them while the thread looks at more. */
const FIRST = 32;

/** What no file has. */
const NONE: FileIdentity = { dev: 0n, ino: 0n, size: -1n, mtimeNs: 0n, ctimeNs: 0n };

export interface LookedAt {
  entry: IndexEntry;
  /** The version; null for a file that has to be looked at on its own. That of the record itself, if it is the same. */
  identity: FileIdentity | null;
}

/** Looks at files, some at a time. The thread is always ahead of who takes what it has found. */
export async function* quickLooks(thread: FileThread, entries: IndexEntry[]): AsyncGenerator<LookedAt[]> {
  let ahead: Promise<LookedAt[]> | null = null;
  for (let at = 0; at < entries.length; ) {
    const end = at === 0 ? FIRST : at + FILES_MAX;
    const next = look(thread, entries.slice(at, end));
    if (ahead) yield ahead;
    ahead = next;
    at = end;
  }
  if (ahead) yield ahead;
}

async function look(thread: FileThread, entries: IndexEntry[]): Promise<LookedAt[]> {
  const looked: LookedAt[] = entries.map(({ name, record }) => ({ entry: { name, record }, identity: null }));
  for (let at = 0; at < looked.length; ) {
    const task = thread.task();
    if (task === null) break;
    try {
      const some = looked.slice(at);
      const names = some.map(({ entry: { name, record } }, nth) => {
        putIdentity(task.slot, nth, record?.identity ?? NONE);
        return name;
      });
      const done = await task.run('look', names);
      if (done === 0) break;
      for (const [nth, one] of some.slice(0, done).entries()) {
        const found = task.slot.notes[nth];
        if (found === Found.known) one.identity = one.entry.record?.identity ?? null;
        else if (found === Found.file) one.identity = identityIn(task.slot, nth);
      }
      at += done;
    } finally {
      task.release();
    }
  }
  return looked;
}
