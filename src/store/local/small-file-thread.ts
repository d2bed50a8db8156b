import { closeSync, fstatSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type FileIdentity, sameIdentity } from './file-identity.js';
import { OPEN_FLAGS } from './open-flags.js';
import {
  BEGUN,
  identityIn,
  type Slot,
  type SmallFileJob,
  type SmallFileThread,
  slotIn,
} from './small-file-job.js';

/**
 * A thread of its own that reads small files, many to a message. A call of Node's that does not wait for the disk costs a
 * tenth of one that a pool of threads does; here it may wait, as nobody but the askers waits with it.
 */

/** A slow disk: what is left of a batch by then is left unread, and somebody else's turn. */
const SLICE_MS = 20;

const { root, memory } = workerData as SmallFileThread;
const slots: Slot[] = [];

function run({ slot: nth, ticket, names }: SmallFileJob): boolean {
  const slot = (slots[nth] ??= slotIn(memory, nth));
  if (Atomics.compareExchange(slot.state, 0, ticket, BEGUN) !== ticket) return false;
  const startedAt = performance.now();
  let done = 0;
  for (const name of names) {
    if (!isRead(name, identityIn(slot, done), slot.bytes, slot.places[done] as number)) break;
    done++;
    if (performance.now() - startedAt >= SLICE_MS) break;
  }
  slot.state[1] = done;
  return true;
}

/**
 * Reads all of a file, if its bytes are those of the remembered version. Of whatever is not as expected somebody else finds out
 * what it is, and what to say of it.
 *
 * One look, behind the reading, is enough. The remembered version was settled when it was hashed: a write since then, also one
 * in the midst of this reading, has given the file another ctime before it changed a byte. So a file that still is the remembered
 * version was that all along, and what was read is what was hashed.
 */
function isRead(name: string, identity: FileIdentity, bytes: Buffer, at: number): boolean {
  const path = `${root}/${name}`;
  try {
    // Opening a device can have effects of its own, so nothing but a regular file is opened on purpose.
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const fd = openSync(path, OPEN_FLAGS);
    try {
      // Checked on what is open, not on the path: a folder on the way may lead elsewhere by now.
      if (readlinkSync(`/proc/self/fd/${fd}`) !== path) return false;
      const size = Number(identity.size);
      if (size > 0 && readSync(fd, bytes, at, size, 0) < size) return false;
      return sameIdentity(fstatSync(fd, { bigint: true }), identity);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

parentPort?.on('message', (job: SmallFileJob) => {
  if (run(job)) parentPort?.postMessage(job.slot);
});
parentPort?.postMessage(null);
