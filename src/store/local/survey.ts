import type { FileDigests } from '../../digest/index.js';
import type { IndexEntry } from '../digest-index/digest-index.js';
import type { FileIdentity } from './file-identity.js';
import { digestsIn, Found, identityIn, Known, putIdentity } from './file-job.js';
import type { FileThread } from './file-thread.js';

export interface Surveyed {
  name: string;
  /**
   * Digests of a version that was not known; or else
   * - `known`: nothing to do
   * - `young`: it may be written to yet
   * - `other`: what no thread decides: a large file, a link, nothing
   */
  found: { identity: FileIdentity; digests: FileDigests } | 'known' | 'young' | 'other';
}

/** Looks at up to `FILES_MAX` files that the index knows, and hashes those that are small and other than they were known. */
export async function survey(thread: FileThread, entries: IndexEntry[]): Promise<Surveyed[]> {
  const surveyed: Surveyed[] = [];
  while (surveyed.length < entries.length) {
    const some = entries.slice(surveyed.length);
    const task = thread.task();
    if (task === null) break;
    try {
      for (const [nth, { record }] of some.entries()) {
        task.slot.notes[nth] = !record?.md5
          ? Known.nothing
          : record.rotten
            ? Known.ifSameSizeAndMtime
            : Known.ifSame;
        if (record) putIdentity(task.slot, nth, record.identity);
      }
      const done = await task.run(
        'survey',
        some.map(({ name }) => name),
      );
      if (done === 0) break;
      for (let nth = 0; nth < done; nth++) {
        surveyed.push({ name: some[nth]?.name ?? '', found: foundIn(task.slot, nth) });
      }
    } finally {
      task.release();
    }
  }
  const left = entries.slice(surveyed.length).map(({ name }): Surveyed => ({ name, found: 'other' }));
  return [...surveyed, ...left];
}

function foundIn(slot: Parameters<typeof identityIn>[0], nth: number): Surveyed['found'] {
  switch (slot.notes[nth]) {
    case Found.known:
      return 'known';
    case Found.young:
      return 'young';
    case Found.hashed: {
      const identity = identityIn(slot, nth);
      return { identity, digests: digestsIn(slot, nth, identity.size) };
    }
    default:
      return 'other';
  }
}
