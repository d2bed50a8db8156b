import type { IndexEntry } from '../digest-index/digest-index.js';
import { Found, Known, putIdentity, recordIn, type Slot } from './file-job.js';
import type { FileThread } from './file-thread.js';

export interface Surveyed {
  name: string;
  /**
   * The record of a version that was not known; or else
   * - `known`: nothing to do
   * - `young`: it may be written to yet
   * - `other`: what no thread decides: a large file, a link, nothing
   */
  found: Buffer | 'known' | 'young' | 'other';
}

/** Looks at up to `FILES_MAX` files that the index knows, and hashes those that are small and other than they were known. */
export function survey(thread: FileThread, entries: IndexEntry[]): Promise<Surveyed[]> {
  const names = entries.map(({ name }) => name);
  return inTurns(thread, names, (slot, nth, file) => {
    const record = entries[nth]?.record;
    slot.notes[file] = !record?.md5 ? Known.nothing : record.rotten ? Known.ifSameSizeAndMtime : Known.ifSame;
    if (record) putIdentity(slot, file, record.identity);
  });
}

/** Hashes up to `FILES_MAX` regular files that somebody came upon just now and nothing is known of, as far as they are small. */
export function surveyNew(thread: FileThread, names: string[]): Promise<Surveyed[]> {
  return inTurns(thread, names, (slot, _, file) => {
    slot.notes[file] = Known.new;
  });
}

async function inTurns(
  thread: FileThread,
  names: string[],
  tellKnown: (slot: Slot, nth: number, file: number) => void,
): Promise<Surveyed[]> {
  const surveyed: Surveyed[] = [];
  while (surveyed.length < names.length) {
    const from = surveyed.length;
    const some = names.slice(from);
    const task = thread.task();
    if (task === null) break;
    try {
      for (let file = 0; file < some.length; file++) tellKnown(task.slot, from + file, file);
      const done = await task.run('survey', some);
      if (done === 0) break;
      for (let file = 0; file < done; file++) {
        surveyed.push({ name: some[file] as string, found: foundIn(task.slot, file) });
      }
    } finally {
      task.release();
    }
  }
  const left = names.slice(surveyed.length).map((name): Surveyed => ({ name, found: 'other' }));
  return left.length === 0 ? surveyed : [...surveyed, ...left];
}

function foundIn(slot: Slot, file: number): Surveyed['found'] {
  switch (slot.notes[file]) {
    case Found.known:
      return 'known';
    case Found.young:
      return 'young';
    case Found.hashed:
      return recordIn(slot, file);
    default:
      return 'other';
  }
}
