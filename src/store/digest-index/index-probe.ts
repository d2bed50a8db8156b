import { notHashed } from './digest-index.js';
import { LmdbIndex } from './lmdb-index.js';

/**
 * A program of its own: opens the index in the folder that it is given, and reads it. LMDB trusts what it maps, so a
 * damaged file can end the process that looks at it by a signal; better this one than a server.
 */

/** A tree that a damaged page turned into a circle must come to an end. */
const READ_MAX = 200_000;

/** Hidden, so never served. */
const PROBE_NAME = '.probe';

/** What LMDB says of a file that is not, or no longer, a database of its own. */
const DAMAGED = /MDB_(?!MAP_FULL|READERS_FULL|TLS_FULL)/;

try {
  const index = new LmdbIndex(process.argv[2] ?? '', 'storage');
  // Before the first commit, which makes the file longer.
  const { isCutShort } = index;
  const isWhole = !isCutShort && index.readAll(READ_MAX);
  // A commit takes pages from the list of free ones, and gives others back.
  for (let commit = 0; commit < 2; commit++) {
    index.put(PROBE_NAME, notHashed({ dev: 0n, ino: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n }));
    await index.settled();
    index.remove(PROBE_NAME);
    await index.settled();
  }
  process.exitCode = isWhole ? 0 : 1;
} catch (error) {
  // Whatever else it is (no rights, a full disk) is met again by who asked, and is no damage.
  process.exitCode = DAMAGED.test(String(error)) ? 1 : 0;
}
