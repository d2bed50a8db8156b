// The thread that hashes new files, on a machine whose file system is stamped by another clock, and where each file is edited behind its reading.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { readSync } = fs;
fs.readSync = /** @type {typeof fs.readSync} */ (
  (/** @type {any} */ fd, /** @type {any[]} */ ...rest) => {
    const count = /** @type {any} */ (readSync)(fd, ...rest);
    const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
    const { atime, mtime } = fs.statSync(path);
    fs.writeFileSync(path, 'E');
    fs.utimesSync(path, atime, mtime);
    return count;
  }
);
const { now } = Date;
Date.now = () => now() + 60_000;
syncBuiltinESMExports();
await import('#sealift/store/local/file-thread-program.js');
