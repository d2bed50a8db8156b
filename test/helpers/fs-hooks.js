import fs, { constants, promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isAbsolute, join } from 'node:path';

const { O_DIRECTORY } = constants;
/** These return an iterator, not a promise. */
const NOT_AWAITED = new Set(['watch', 'glob']);
const ON_HANDLE = [
  ...['appendFile', 'chmod', 'chown', 'datasync', 'sync', 'read', 'readv', 'readFile'],
  ...['stat', 'truncate', 'utimes', 'write', 'writev', 'writeFile'],
];
const TWO_PATHS = new Set(['rename', 'link', 'symlink', 'copyFile', 'cp']);
/** Synchronous calls, by the names of those that are not. */
const SYNC = {
  open: 'openSync',
  link: 'linkSync',
  rename: 'renameSync',
  unlink: 'unlinkSync',
  mkdir: 'mkdirSync',
  lstat: 'lstatSync',
  statfs: 'statfsSync',
};
const SYNC_ON_FD = {
  write: 'writeSync',
  utimes: 'futimesSync',
  read: 'readSync',
  stat: 'fstatSync',
  close: 'closeSync',
};

/**
 * One call into `node:fs/promises`, or one of `node:fs` that stands above.
 * @typedef {object} FsCall
 * @property {string} op the function's name: `open`, `link`, …; of an open file: `write`, `sync`, `close`, …
 * @property {string} path what it was asked for, or what the open file was opened as; never by way of `/proc/self/fd`
 * @property {string} [to] the second path, where there is one
 * @property {boolean} isFolder the call is for an open folder
 * @property {boolean} isHandle the call is for an open file or folder
 * @property {any[]} args
 * @property {any} self the open file or folder; what `open` returned, once it has
 *
 * @callback FsHook what happens in place of a call; what it returns or throws is the call's outcome
 * @param {FsCall} call
 * @param {(...args: any[]) => Promise<any>} proceed makes the call; without arguments, with its own
 * @returns {Promise<any>}
 *
 * @typedef {Map<number, { path: string, isFolder: boolean, self: any }>} OpenFds what is open, by descriptor
 *
 * @callback FsSyncHook the same for a synchronous call
 * @param {FsCall} call
 * @param {(...args: any[]) => any} proceed
 * @returns {any}
 */

/**
 * Puts a hook around all calls into `node:fs/promises` of this thread, whoever imported them, before or after.
 * Files opened earlier are not seen. Synchronous calls are, and `fsync` of a descriptor, where there is a hook for them.
 * @param {FsHook} hook
 * @param {FsSyncHook} [syncHook]
 */
export async function hookFs(hook, syncHook) {
  /** @type {OpenFds} */
  const openFds = new Map();
  /** @type {WeakMap<object, { path: string, isFolder: boolean }>} */
  const opened = new WeakMap();
  const real = /** @type {Record<string, any>} */ ({ ...promises });
  const patched = /** @type {Record<string, any>} */ (promises);

  /** @param {unknown} path */
  const plain = (path) => {
    const [, fd = '', rest = ''] = /^\/proc\/self\/fd\/(\d+)(?:\/(.*))?$/s.exec(String(path)) ?? [];
    const base = openFds.get(Number(fd))?.path;
    // What begins in the working folder: the program may have gone into the folder that it writes to.
    if (fd === '' && typeof path === 'string' && !isAbsolute(path)) return join(process.cwd(), path);
    if (fd === '' || base === undefined) return String(path);
    return rest === '' || rest === '.' ? base : `${base}/${rest}`;
  };

  for (const [op, call] of Object.entries(real)) {
    if (typeof call !== 'function' || NOT_AWAITED.has(op)) continue;
    patched[op] = async (/** @type {any[]} */ ...args) => {
      const isFolder = op === 'open' && typeof args[1] === 'number' && (args[1] & O_DIRECTORY) !== 0;
      /** @type {FsCall} */
      const described = { op, path: plain(args[0]), isFolder, isHandle: false, args, self: undefined };
      if (TWO_PATHS.has(op)) described.to = plain(args[1]);
      return hook(described, async (...given) => {
        const result = await call.apply(promises, given.length > 0 ? given : args);
        if (op === 'open') {
          described.self = result;
          opened.set(result, { path: described.path, isFolder });
          openFds.set(result.fd, { path: described.path, isFolder, self: result });
          hookClose(result);
        }
        return result;
      });
    };
  }

  /** @param {any} handle */
  const hookClose = (handle) => {
    const close = handle.close;
    handle.close = async () => {
      const fd = handle.fd;
      return hook(callOn(handle, 'close', []), async () => {
        if (fd >= 0) openFds.delete(fd);
        return close.call(handle);
      });
    };
  };

  /** @returns {FsCall} */
  const callOn = (/** @type {any} */ handle, /** @type {string} */ op, /** @type {any[]} */ args) => {
    const { path, isFolder } = opened.get(handle) ?? { path: '', isFolder: false };
    return { op, path, isFolder, isHandle: true, args, self: handle };
  };

  const handle = await real.open('/');
  const FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  for (const op of ON_HANDLE) {
    const call = FileHandle[op];
    FileHandle[op] = async function (/** @type {any[]} */ ...args) {
      const proceed = (/** @type {any[]} */ ...given) => call.apply(this, given.length > 0 ? given : args);
      return opened.has(this) ? hook(callOn(this, op, args), proceed) : proceed();
    };
  }
  if (syncHook) hookSync(hook, syncHook, openFds, plain);
  syncBuiltinESMExports();
}

/**
 * @param {FsHook} hook
 * @param {FsSyncHook} syncHook
 * @param {OpenFds} openFds
 * @param {(path: unknown) => string} plain
 */
function hookSync(hook, syncHook, openFds, plain) {
  const patched = /** @type {Record<string, any>} */ (/** @type {unknown} */ (fs));
  for (const [op, name] of Object.entries(SYNC)) {
    const call = patched[name];
    patched[name] = (/** @type {any[]} */ ...args) => {
      // Node itself, which opens modules, writes them otherwise.
      if (op === 'open' && typeof args[1] !== 'number') return call(...args);
      const isFolder = op === 'open' && typeof args[1] === 'number' && (args[1] & O_DIRECTORY) !== 0;
      /** @type {FsCall} */
      const described = { op, path: plain(args[0]), isFolder, isHandle: false, args, self: undefined };
      if (TWO_PATHS.has(op)) described.to = plain(args[1]);
      return syncHook(described, (...given) => {
        const result = call(...(given.length > 0 ? given : args));
        if (op !== 'open') return result;
        described.self = { isFolder };
        openFds.set(result, { path: described.path, isFolder, self: described.self });
        return result;
      });
    };
  }
  /** @returns {FsCall} */
  const callOn = (/** @type {number} */ fd, /** @type {string} */ op, /** @type {any[]} */ args) => {
    const { path, isFolder, self } = openFds.get(fd) ?? { path: '', isFolder: false, self: undefined };
    return { op, path, isFolder, isHandle: true, args, self };
  };
  for (const [op, name] of Object.entries(SYNC_ON_FD)) {
    const call = patched[name];
    patched[name] = (/** @type {any[]} */ fd, /** @type {any[]} */ ...args) => {
      const proceed = (/** @type {any[]} */ ...given) => call(fd, ...(given.length > 0 ? given : args));
      if (!openFds.has(/** @type {any} */ (fd))) return proceed();
      const described = callOn(/** @type {any} */ (fd), op, args);
      return syncHook(described, (...given) => {
        if (op === 'close') openFds.delete(/** @type {any} */ (fd));
        return proceed(...given);
      });
    };
  }
  const real = fs.fsync;
  patched.fsync = (/** @type {number} */ fd, /** @type {(error: unknown) => void} */ done) => {
    const proceed = () =>
      new Promise((resolve, reject) => real(fd, (error) => (error ? reject(error) : resolve(undefined))));
    const synced = openFds.has(fd) ? hook(callOn(fd, 'sync', []), proceed) : proceed();
    synced.then(() => done(null), done);
  };
}

/**
 * The error that the kernel's refusal of a call becomes.
 * @param {string} code
 * @param {number} errno
 * @param {string} op
 */
export function fsError(code, errno, op) {
  return Object.assign(new Error(`${code}: injected, ${op}`), { code, errno: -errno, syscall: op });
}
