import { constants, promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { O_DIRECTORY } = constants;
/** These return an iterator, not a promise. */
const NOT_AWAITED = new Set(['watch', 'glob']);
const ON_HANDLE = [
  ...['appendFile', 'chmod', 'chown', 'datasync', 'sync', 'read', 'readv', 'readFile'],
  ...['stat', 'truncate', 'utimes', 'write', 'writev', 'writeFile'],
];
const TWO_PATHS = new Set(['rename', 'link', 'symlink', 'copyFile', 'cp']);

/**
 * One call into `node:fs/promises`.
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
 */

/**
 * Puts a hook around all calls into `node:fs/promises` of this thread, whoever imported them, before or after.
 * Files opened earlier are not seen.
 * @param {FsHook} hook
 */
export async function hookFs(hook) {
  /** @type {Map<number, string>} */
  const pathOfFd = new Map();
  /** @type {WeakMap<object, { path: string, isFolder: boolean }>} */
  const opened = new WeakMap();
  const real = /** @type {Record<string, any>} */ ({ ...promises });
  const patched = /** @type {Record<string, any>} */ (promises);

  /** @param {unknown} path */
  const plain = (path) => {
    const [, fd = '', rest = ''] = /^\/proc\/self\/fd\/(\d+)(?:\/(.*))?$/s.exec(String(path)) ?? [];
    const base = pathOfFd.get(Number(fd));
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
          pathOfFd.set(result.fd, described.path);
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
        if (fd >= 0) pathOfFd.delete(fd);
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
  syncBuiltinESMExports();
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
