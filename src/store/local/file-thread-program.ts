import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createSmallHasher } from '../../digest/index.js';
import { type FileIdentity, isYoung, sameIdentity, sameSizeAndMtime } from './file-identity.js';
import {
  BEGUN,
  type FileJob,
  type FileThreadData,
  Found,
  HASHED_MAX,
  identityIn,
  Known,
  putIdentity,
  putRecord,
  type Slot,
  slotIn,
  splitNames,
} from './file-job.js';
import { OPEN_FLAGS } from './open-flags.js';
import { OpenedFolder } from './opened-folder.js';
import { CLOCK_TICK_MS, isUntouched } from './settled-stats.js';

/**
 * A thread that works on files, many to a message. A call of Node's that does not wait for the disk costs a tenth of one that a
 * pool of threads does; here it may wait, as nobody but the askers waits with it.
 */

/** A slow disk: what is left of a batch by then is left undone, and somebody else's turn. */
const SLICE_MS = 20;

const { root, memory } = workerData as FileThreadData;
const slots: Slot[] = [];
/** One byte more than is hashed: a file that fills it is a larger one. */
const content = Buffer.allocUnsafeSlow(HASHED_MAX + 1);
/** What is read by way of its folder is not read through a link. */
const FILE_FLAGS = OPEN_FLAGS | (constants.O_NOFOLLOW ?? 0);
let digestsOf: Awaited<ReturnType<typeof createSmallHasher>> | undefined;

function run({ kind, slot: nth, ticket, names }: FileJob): boolean {
  const slot = (slots[nth] ??= slotIn(memory, nth));
  if (Atomics.compareExchange(slot.state, 0, ticket, BEGUN) !== ticket) return false;
  const startedAt = performance.now();
  // Of this job only: what a name stands for may change until the next.
  const folder = new OpenedFolder(root);
  let done = 0;
  for (const name of splitNames(names)) {
    const path = `${root}/${name}`;
    if (kind === 'read') {
      if (!isRead(path, slot, done)) break;
    } else if (kind === 'look') slot.notes[done] = seen(path, folder, name, slot, done);
    else slot.notes[done] = surveyed(path, folder, name, slot, done);
    done++;
    if (performance.now() - startedAt >= SLICE_MS) break;
  }
  folder.close();
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
function isRead(path: string, slot: Slot, file: number): boolean {
  // Opening a device can have effects of its own, so nothing but a regular file is opened on purpose.
  if (!lookAt(path)?.isFile()) return false;
  return holds(path, identityIn(slot, file), slot.bytes, slot.places[file] as number);
}

/**
 * Of a file that is the remembered version nothing is told that was not known, wherever its path leads by now. Of any other only
 * by way of its folder, held open; that takes twice as long.
 */
function seen(path: string, folder: OpenedFolder, name: string, slot: Slot, file: number): number {
  const stats = lookAt(path);
  if (stats?.isFile() && sameIdentity(stats, identityIn(slot, file))) return Found.known;
  const fixed = folder.pathOf(name);
  const own = fixed === null ? undefined : lookAt(fixed);
  if (!own?.isFile()) return Found.other;
  putIdentity(slot, file, own);
  return Found.file;
}

function surveyed(path: string, folder: OpenedFolder, name: string, slot: Slot, file: number): number {
  const known = slot.notes[file] as number;
  if (known !== Known.new) {
    const stats = lookAt(path);
    if (!stats?.isFile()) return Found.other;
    if (isKnown(known, identityIn(slot, file), stats)) return Found.known;
    if (stats.size > HASHED_MAX) return Found.other;
  }
  const fixed = folder.pathOf(name);
  return fixed === null ? Found.other : hashed(fixed, slot, file);
}

/**
 * Hashes a small file. One look, behind the reading, is enough here too: the times that it tells show that nothing was written from
 * before the first byte was read, as long as nobody has set the clock meanwhile.
 */
function hashed(path: string, slot: Slot, file: number): number {
  if (digestsOf === undefined) return Found.other;
  try {
    const fd = openSync(path, FILE_FLAGS);
    try {
      const [startedAt, hashedAt] = [performance.now(), Date.now()];
      const before = fstatSync(fd, { bigint: true });
      if (!before.isFile()) return Found.other;
      const size = readSync(fd, content, 0, content.length, 0);
      // Whose clock stamps the file is not known: a write in between shows in what has changed, also where that one is another.
      const stats = fstatSync(fd, { bigint: true });
      if (!sameIdentity(before, stats)) return Found.other;
      const now = Date.now();
      if (size > HASHED_MAX || stats.size !== BigInt(size)) return Found.other;
      if (isYoung(stats, hashedAt)) return Found.young;
      // What was written to just now has to be waited for.
      const wasClockSet = Math.abs(now - hashedAt - (performance.now() - startedAt)) > CLOCK_TICK_MS / 2;
      if (wasClockSet || !isUntouched(stats, hashedAt, now)) return Found.other;
      const { md5, root, manifest } = digestsOf(content.subarray(0, size));
      const onlyChunk = size === 0 ? null : manifest;
      putRecord(slot, file, { identity: stats, md5, root, onlyChunk, verifiedAt: hashedAt, rotten: false });
      return Found.hashed;
    } finally {
      closeSync(fd);
    }
  } catch {
    return Found.other;
  }
}

function isKnown(known: number, identity: FileIdentity, stats: FileIdentity): boolean {
  if (known === Known.ifSame) return sameIdentity(identity, stats);
  return known === Known.ifSameSizeAndMtime && sameSizeAndMtime(identity, stats);
}

function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Reads the file; true if it is this version now, and lies where its name says, not behind a link. */
function holds(path: string, version: FileIdentity, bytes: Buffer, at: number): boolean {
  try {
    const fd = openSync(path, OPEN_FLAGS);
    try {
      // Asked of what is open, not of the path: a folder on the way may lead elsewhere by now.
      if (readlinkSync(`/proc/self/fd/${fd}`) !== path) return false;
      const size = Number(version.size);
      if (size > 0 && readSync(fd, bytes, at, size, 0) < size) return false;
      return sameIdentity(fstatSync(fd, { bigint: true }), version);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

parentPort?.on('message', async (job: FileJob) => {
  if (job.kind === 'survey') digestsOf ??= await createSmallHasher();
  if (run(job)) parentPort?.postMessage(job.slot);
});
parentPort?.postMessage(null);
