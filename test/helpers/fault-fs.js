// Loaded with `node --import`: makes one kind of file operation fail, as a bad disk would.
//
//   FAULT_OP    open write short-write sync folder-sync close folder-close rename link unlink utimes chmod statfs mkdir read,
//               or any other of node:fs/promises; `any` for all of them
//   FAULT_CODE  EIO, ENOSPC, EACCES, EROFS, EXDEV, …
//   FAULT_NTH   the first call that fails, from 1 (default 1); later ones fail too
//   FAULT_ONCE  1: later ones do not fail
//   FAULT_PATH  only where the path contains this; for operations on an open file, the path it was opened with
//   FAULT_LIST  1: nothing fails; ends with a line on stderr: `[calls]` and how many there were
import { constants as os } from 'node:os';
import { fsError, hookFs } from './fs-hooks.js';

const { FAULT_OP: op = '', FAULT_CODE: code = 'EIO', FAULT_NTH = '1', FAULT_PATH: part = '' } = process.env;
const first = Number(FAULT_NTH);
const last = process.env.FAULT_ONCE === '1' ? first : Number.POSITIVE_INFINITY;
const isList = process.env.FAULT_LIST === '1';
let calls = 0;

/** @param {import('./fs-hooks.js').FsCall} call */
function isMeant({ op: called, isFolder, isHandle, path, args }) {
  if (!path.includes(part)) return false;
  if (op === 'any') return true;
  if (op === 'short-write') return called === 'write' && isHandle && args[2] > 1;
  if (op === 'folder-sync') return called === 'sync' && isFolder;
  if (op === 'folder-close') return called === 'close' && isFolder;
  if (op === 'sync') return called === 'sync' && !isFolder;
  return called === op;
}

/** @param {import('./fs-hooks.js').FsCall} call */
function isToFail(call) {
  if (!isMeant(call)) return false;
  calls++;
  return !isList && calls >= first && calls <= last;
}

/** @param {import('./fs-hooks.js').FsCall} call */
function fault(call) {
  if (call.op === 'sync') process.stderr.write(`[fault] ${op}\n`);
  const errno = os.errno[/** @type {keyof typeof os.errno} */ (code)] ?? 5;
  return fsError(code, errno, op === 'any' ? call.op : op);
}

/** @param {import('./fs-hooks.js').FsCall} call */
function shortened({ args: [buffer, offset, length, position] }) {
  return [buffer, offset, 1 + Math.floor(length / 3), position];
}

await hookFs(
  async (call, proceed) => {
    if (!isToFail(call)) return proceed();
    if (op === 'short-write') return proceed(...shortened(call));
    // A close that fails has closed all the same (close(2)).
    if (call.op === 'close') await proceed();
    throw fault(call);
  },
  (call, proceed) => {
    if (!isToFail(call)) return proceed();
    if (op === 'short-write') return proceed(...shortened(call));
    if (call.op === 'close') proceed();
    throw fault(call);
  },
);
if (isList) process.on('exit', () => process.stderr.write(`[calls] ${calls}\n`));
