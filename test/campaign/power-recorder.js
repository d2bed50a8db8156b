// A process that fetches, and records what it asks of the disk: one after the other, all in FETCHES, to RECORD.
import { constants, readFileSync, writeFileSync } from 'node:fs';
import { serialize } from 'node:v8';
import { connect } from '#sealift/client/index.js';
import { hookFs } from '../helpers/fs-hooks.js';
import { fetchBeside } from './fetch-beside.js';

/**
 * One file operation as it begins. Paths are relative to the recorded folder, which is ''.
 * @typedef {object} Begun
 * @property {'begin'} event
 * @property {number} id
 * @property {'create' | 'open' | 'write' | 'truncate' | 'meta' | 'sync' | 'link' | 'rename' | 'unlink' | 'mkdir' | 'copy'} op
 * @property {string} path
 * @property {string} [to]
 * @property {number} [handle] number of the open file
 * @property {boolean} [isFolder]
 * @property {number} [offset]
 * @property {Buffer} [bytes]
 * @property {number} [size]
 *
 * How it ended: `written` of a write's bytes were taken.
 * @typedef {{ event: 'done', id: number, ok: boolean, written?: number }} Ended
 *
 * Success is reported.
 * @typedef {{ event: 'reported' }} Reported
 *
 * @typedef {Begun | Ended | Reported} RecordEvent
 *
 * @typedef {object} Fetch
 * @property {string} url
 * @property {string} name
 * @property {string} root the folder that is recorded
 * @property {string} dir in it
 * @property {'fetch' | 'repair' | 'fetchMany'} verb
 * @property {{ force: boolean, fsync: boolean }} options
 */

const { O_CREAT, O_TRUNC } = constants;
/** They change nothing. */
const READING = new Set([
  ...['access', 'close', 'lstat', 'opendir', 'read', 'readdir', 'readFile'],
  ...['readlink', 'readv', 'realpath', 'stat', 'statfs'],
]);

/** @type {RecordEvent[]} */
let events = [];
let root = '';
let ids = 0;
/** @type {WeakMap<object, number>} */
const handles = new WeakMap();

const { FETCHES = '[]', RECORD = '' } = process.env;

/**
 * @param {import('../helpers/fs-hooks.js').FsCall} call
 * @returns {Omit<Begun, 'event' | 'id' | 'path'>}
 */
function describe({ op, isHandle, isFolder, args, self }) {
  const handle = handles.get(self);
  if (isHandle) {
    if (op === 'write') {
      const [buffer, offset = 0, length = buffer.length - offset, position] = args;
      if (typeof position !== 'number') throw new Error('the recorder knows no write without a position');
      return { op, handle, offset: position, bytes: Buffer.from(buffer.subarray(offset, offset + length)) };
    }
    if (op === 'writev' && typeof args[1] === 'number') {
      return { op: 'write', handle, offset: args[1], bytes: Buffer.concat(args[0]) };
    }
    if (op === 'sync' || op === 'datasync') return { op: 'sync', handle, isFolder };
    if (op === 'truncate') return { op, handle, size: args[0] ?? 0 };
    if (op === 'chmod' || op === 'utimes') return { op: 'meta', handle };
  } else {
    if (op === 'open' && typeof args[1] === 'number' && (args[1] & O_TRUNC) === 0) {
      return { op: (args[1] & O_CREAT) !== 0 ? 'create' : 'open', isFolder };
    }
    if (op === 'copyFile') return { op: 'copy', bytes: readFileSync(args[0]) };
    if (op === 'link' || op === 'rename' || op === 'unlink' || op === 'mkdir') return { op };
  }
  throw new Error(`the recorder does not know what ${op} does to the disk`);
}

const relative = (/** @type {string} */ path) => path.slice(root.length + 1);
const isInside = (/** @type {string} */ path) =>
  root !== '' && (path === root || path.startsWith(`${root}/`));

// Permissions are not modelled.
const changesNothing = (/** @type {import('../helpers/fs-hooks.js').FsCall} */ { op, isHandle }) =>
  READING.has(op) || (op === 'chmod' && !isHandle);

/** @param {import('../helpers/fs-hooks.js').FsCall} call */
function begin(call) {
  const id = ++ids;
  const to = call.to === undefined ? {} : { to: relative(call.to) };
  /** @type {Begun} */
  const begun = { event: 'begin', id, path: relative(call.path), ...to, ...describe(call) };
  if (call.op === 'open') begun.handle = id;
  events.push(begun);
  return begun;
}

/**
 * @param {import('../helpers/fs-hooks.js').FsCall} call
 * @param {Begun} begun
 * @param {number | undefined} written bytes, of a write
 */
function end({ op, self }, { id }, written) {
  if (op === 'open') handles.set(self, id);
  events.push({ event: 'done', id, ok: true, ...(written === undefined ? {} : { written }) });
}

/** @param {Begun} begun */
function fail({ id }) {
  events.push({ event: 'done', id, ok: false });
}

await hookFs(
  async (call, proceed) => {
    if (!isInside(call.path) || changesNothing(call)) return proceed();
    const begun = begin(call);
    try {
      const result = await proceed();
      end(call, begun, begun.op === 'write' ? result.bytesWritten : undefined);
      return result;
    } catch (error) {
      fail(begun);
      throw error;
    }
  },
  (call, proceed) => {
    if (!isInside(call.path) || changesNothing(call)) return proceed();
    const begun = begin(call);
    try {
      const result = proceed();
      end(call, begun, begun.op === 'write' ? result : undefined);
      return result;
    } catch (error) {
      fail(begun);
      throw error;
    }
  },
);

/** @type {RecordEvent[][]} */
const records = [];
for (const fetch of /** @type {Fetch[]} */ (JSON.parse(FETCHES))) {
  const client = await connect(fetch.url);
  events = [];
  root = fetch.root;
  const options = { dir: fetch.dir, ...fetch.options };
  if (fetch.verb === 'fetchMany')
    await fetchBeside(client, fetch.name, { ...options, ownsProcess: true }, () =>
      events.push({ event: 'reported' }),
    );
  else {
    await client[fetch.verb](fetch.name, options);
    events.push({ event: 'reported' });
  }
  records.push(events);
  root = '';
  client.close();
}
writeFileSync(RECORD, serialize(records));
