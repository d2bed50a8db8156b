// The thread that hashes new files, on a machine whose file system is stamped by another clock, and where each file is edited behind its reading.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { workerData } from 'node:worker_threads';

// Loaded first: Node itself may read modules by what is changed here.
await import('#sealift/store/local/file-thread-program.js');

const { readSync } = fs;
fs.readSync = /** @type {typeof fs.readSync} */ (
  (/** @type {any} */ fd, /** @type {any[]} */ ...rest) => {
    const count = /** @type {any} */ (readSync)(fd, ...rest);
    const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
    if (path.startsWith(`${workerData.root}/`)) {
      const { atime, mtime } = fs.statSync(path);
      fs.writeFileSync(path, 'E');
      fs.utimesSync(path, atime, mtime);
    }
    return count;
  }
);
const { now } = Date;
Date.now = () => now() + 60_000;
syncBuiltinESMExports();
