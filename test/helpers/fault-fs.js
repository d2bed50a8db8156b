// Loaded with `node --import`: makes one kind of file operation fail, as a bad disk would.
//
//   FAULT_OP    open write short-write sync folder-sync close rename link unlink utimes chmod statfs mkdir read
//   FAULT_CODE  EIO, ENOSPC, EACCES, EROFS, EXDEV, …
//   FAULT_NTH   the first call that fails, from 1 (default 1); later ones fail too
//   FAULT_PATH  only where the path contains this (open, rename, link, unlink, mkdir, statfs); for operations on
//               an open file, the path it was opened with
import { promises } from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { constants as os } from 'node:os';

const { FAULT_OP: op = '', FAULT_CODE: code = 'EIO', FAULT_NTH = '1', FAULT_PATH: part = '' } = process.env;
let calls = 0;

function fails(path) {
  return String(path).includes(part) && ++calls >= Number(FAULT_NTH);
}

function fault() {
  return Object.assign(new Error(`${code}: injected, ${op}`), {
    code,
    errno: -(os.errno[code] ?? 5),
    syscall: op,
  });
}

const handle = await open('/');
const FileHandle = Object.getPrototypeOf(handle);
await handle.close();

const openedAs = new WeakMap();
const realOpen = promises.open;
promises.open = async (path, ...rest) => {
  if (op === 'open' && fails(path)) throw fault();
  const opened = await realOpen(path, ...rest);
  openedAs.set(opened, path);
  if (op === 'close') {
    const close = opened.close;
    opened.close = async () => {
      // A close that fails has closed all the same (close(2)).
      await close.call(opened);
      if (fails(path)) throw fault();
    };
  }
  return opened;
};

for (const name of ['rename', 'link', 'unlink', 'statfs', 'mkdir']) {
  const real = promises[name];
  if (op === name) {
    promises[name] = async (...args) => {
      if (fails(args[0])) throw fault();
      return real(...args);
    };
  }
}

const onHandle = { write: 'write', utimes: 'utimes', chmod: 'chmod', read: 'read' };
if (onHandle[op]) {
  const real = FileHandle[op];
  FileHandle[op] = async function (...args) {
    if (!fails(openedAs.get(this) ?? '')) return real.apply(this, args);
    throw fault();
  };
}
if (op === 'sync' || op === 'folder-sync') {
  const real = FileHandle.sync;
  FileHandle.sync = async function () {
    const isFolder = (await this.stat()).isDirectory();
    if (isFolder === (op === 'folder-sync') && fails(openedAs.get(this) ?? '')) {
      process.stderr.write(`[fault] ${op}\n`);
      throw fault();
    }
    return real.call(this);
  };
}
if (op === 'short-write') {
  const real = FileHandle.write;
  FileHandle.write = function (buffer, offset, length, position) {
    const some = length > 1 && fails(openedAs.get(this) ?? '') ? 1 + Math.floor(length / 3) : length;
    return real.call(this, buffer, offset, some, position);
  };
}
syncBuiltinESMExports();
