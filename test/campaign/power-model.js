import { dirname } from 'node:path';

const BLOCK = 4_096;

/**
 * A file or a folder of the model, whatever its names are.
 * @typedef {object} Inode
 * @property {boolean} isFolder
 * @property {Buffer} durable content that survives
 * @property {FileChange[]} pending changes that may survive or not, in order
 *
 * @typedef {object} FileChange
 * @property {number} id
 * @property {'write' | 'truncate' | 'meta'} op
 * @property {number} offset
 * @property {Buffer} bytes
 * @property {number} size of the file that a truncate makes
 * @property {boolean} isEnded
 *
 * One name in one folder, made or removed.
 * @typedef {object} NameChange
 * @property {number} id
 * @property {string} path
 * @property {Inode | null} inode
 * @property {boolean} isEnded
 *
 * @typedef {import('./power-recorder.js').RecordEvent} RecordEvent
 * @typedef {import('./power-recorder.js').Begun} Begun
 * @typedef {Map<string, Inode>} Names
 */

/**
 * A disk that keeps, when the power goes, what was synced, and of the rest whatever it likes: any of the blocks
 * written, any of the names made or removed. fsync of a file keeps its content, not its name; fsync of a folder
 * keeps the names in it, not what they stand for (fsync(2); "All file systems are not created equal", OSDI'14).
 */
export class DiskModel {
  /** @type {Names} */
  #durable = new Map();
  /** @type {Names} as running programs see them */
  #current = new Map();
  /** @type {NameChange[]} */
  #pending = [];
  /** @type {Map<number, Inode>} */
  #open = new Map();
  /** @type {Map<number, Begun>} */
  #begun = new Map();
  /** What each fsync that runs will have made durable. @type {Map<number, Set<number>>} */
  #covered = new Map();
  wasReported = false;

  /** @param {Map<string, Buffer | null>} before what is there, synced, by path; null for a folder */
  constructor(before) {
    for (const [path, content] of before) {
      const inode = newInode(content === null, content ?? Buffer.alloc(0));
      this.#durable.set(path, inode);
      this.#current.set(path, inode);
    }
    if (!this.#durable.has('')) this.#durable.set('', newInode(true));
    this.#current.set('', /** @type {Inode} */ (this.#durable.get('')));
  }

  /** @param {RecordEvent} event */
  apply(event) {
    if (event.event === 'reported') this.wasReported = true;
    else if (event.event === 'begin') this.#begin(event);
    else this.#end(event);
  }

  /** Every set of names that the disk may hold if the power goes now. @returns {Generator<Names>} */
  *names() {
    /** @type {Map<string, Set<Inode | null>>} */
    const choices = new Map();
    for (const [path, inode] of this.#durable) choices.set(path, new Set([inode]));
    for (const { path, inode } of this.#pending) {
      const values = choices.get(path) ?? new Set([null]);
      choices.set(path, values.add(inode));
    }
    for (const names of combinations([...choices])) {
      // What is in a folder that is not there is not there.
      const isReachable = (/** @type {string} */ path) =>
        path === '' || (names.has(dirOf(path)) && isReachable(dirOf(path)));
      yield new Map([...names].filter(([path]) => isReachable(path)));
    }
  }

  /**
   * Contents that a file may have if the power goes now: every change kept, none, only sizes, each one lost or torn
   * or the last one that was kept, and `rounds` of any mixture. Where nothing is pending there is just one.
   * @param {Inode} inode
   * @param {import('./seeded-random.js').SeededRandom} random
   * @param {number} rounds
   * @returns {Generator<Buffer>}
   */
  *contents({ durable, pending }, random, rounds) {
    const changes = pending.filter(({ op }) => op !== 'meta');
    yield contentOf(durable, changes, () => true);
    if (changes.length === 0) return;
    yield durable;
    yield contentOf(durable, changes, () => false);
    for (const lost of changes) {
      yield contentOf(durable, changes, (change) => change !== lost);
      yield contentOf(durable, changes, (change) => change !== lost || random.chance(0.5));
      yield contentOf(durable, changes.slice(0, changes.indexOf(lost)), () => true);
    }
    for (let round = 0; round < rounds; round++) {
      const share = random.next();
      yield contentOf(durable, changes.slice(0, random.integer(1, changes.length)), () =>
        random.chance(share),
      );
    }
  }

  /** @param {Begun} begun */
  #begin(begun) {
    const { id, op, path, to = '' } = begun;
    this.#begun.set(id, begun);
    const now = this.#current.get(path) ?? null;
    if (op === 'create' && now === null) this.#name(id, path, newInode(false));
    else if (op === 'unlink') this.#name(id, path, null);
    else if (op === 'link') this.#name(id, to, now);
    else if (op === 'copy') {
      const { bytes = Buffer.alloc(0) } = begun;
      const copy = newInode(false);
      copy.pending.push({ id, op: 'write', offset: 0, bytes, size: 0, isEnded: true });
      this.#name(id, to, copy);
    } else if (op === 'rename') {
      this.#name(id, to, now);
      this.#name(id, path, null);
    } else if (op === 'mkdir') {
      const missing = [];
      for (let at = path; !this.#current.has(at); at = dirOf(at)) missing.unshift(at);
      for (const folder of missing) this.#name(id, folder, newInode(true));
    } else if (op === 'write' || op === 'truncate' || op === 'meta') {
      const { offset = 0, bytes = Buffer.alloc(0), size = 0 } = begun;
      this.#opened(begun).pending.push({ id, op, offset, bytes, size, isEnded: false });
    } else if (op === 'sync') {
      const isCovered = begun.isFolder
        ? this.#pending.filter((change) => change.isEnded && dirOf(change.path) === path)
        : this.#opened(begun).pending.filter((change) => change.isEnded);
      this.#covered.set(id, new Set(isCovered.map((change) => change.id)));
    }
  }

  /** @param {import('./power-recorder.js').Ended} ended */
  #end({ id, ok, written }) {
    const begun = /** @type {Begun} */ (this.#begun.get(id));
    const names = this.#pending.filter((change) => change.id === id);
    if (!ok) {
      this.#pending = this.#pending.filter((change) => change.id !== id);
      if (begun.handle !== undefined) this.#drop(begun.handle, id);
      return;
    }
    for (const change of names) {
      change.isEnded = true;
      if (change.inode === null) this.#current.delete(change.path);
      else this.#current.set(change.path, change.inode);
    }
    if (begun.op === 'create' || begun.op === 'open') {
      this.#open.set(id, /** @type {Inode} */ (this.#current.get(begun.path)));
    } else if (begun.op === 'sync') this.#sync(begun);
    else if (begun.handle !== undefined) {
      for (const change of this.#opened(begun).pending) {
        if (change.id !== id) continue;
        change.isEnded = true;
        if (written !== undefined) change.bytes = change.bytes.subarray(0, written);
      }
    }
  }

  /** @param {Begun} begun */
  #sync(begun) {
    const covered = this.#covered.get(begun.id) ?? new Set();
    if (begun.isFolder) {
      for (const { id, path, inode } of this.#pending) {
        if (!covered.has(id) || dirOf(path) !== begun.path) continue;
        if (inode === null) this.#durable.delete(path);
        else this.#durable.set(path, inode);
      }
      this.#pending = this.#pending.filter(({ id, path }) => !covered.has(id) || dirOf(path) !== begun.path);
      return;
    }
    const inode = this.#opened(begun);
    const kept = inode.pending.filter(({ id }) => covered.has(id));
    inode.durable = contentOf(inode.durable, kept, () => true);
    inode.pending = inode.pending.filter(({ id }) => !covered.has(id));
  }

  /**
   * @param {number} id
   * @param {string} path
   * @param {Inode | null} inode
   */
  #name(id, path, inode) {
    this.#pending.push({ id, path, inode, isEnded: false });
  }

  /**
   * @param {number} handle
   * @param {number} id
   */
  #drop(handle, id) {
    const inode = this.#open.get(handle);
    if (inode) inode.pending = inode.pending.filter((change) => change.id !== id);
  }

  /** @param {Begun} begun */
  #opened({ handle = -1, op, path }) {
    const inode = this.#open.get(handle);
    if (!inode) throw new Error(`the model does not know the file of this ${op}: ${path}`);
    return inode;
  }
}

/** @returns {Inode} */
function newInode(/** @type {boolean} */ isFolder, durable = Buffer.alloc(0)) {
  return { isFolder, durable, pending: [] };
}

function dirOf(/** @type {string} */ path) {
  return path === '' ? '/' : dirname(path).replace(/^\.$/, '');
}

/**
 * The content after `changes`, of whose blocks only those arrive that `keeps`; the others leave zeros, or what was there.
 * @param {Buffer} durable
 * @param {FileChange[]} changes
 * @param {(change: FileChange) => boolean} keeps asked for each block
 */
function contentOf(durable, changes, keeps) {
  const ends = changes.map(({ op, offset, bytes, size }) =>
    op === 'truncate' ? size : offset + bytes.length,
  );
  const content = Buffer.alloc(Math.max(durable.length, ...ends));
  durable.copy(content);
  let size = durable.length;
  for (const change of changes) {
    const { op, offset, bytes } = change;
    if (op === 'truncate') {
      if (keeps(change)) {
        content.fill(0, change.size);
        size = change.size;
      }
    } else if (op === 'write') {
      size = Math.max(size, offset + bytes.length);
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + BLOCK - ((offset + at) % BLOCK));
        if (keeps(change)) bytes.copy(content, offset + at, at, end);
        at = end;
      }
    }
  }
  return content.subarray(0, size);
}

/**
 * @param {[string, Set<Inode | null>][]} choices
 * @returns {Generator<Names>}
 */
function* combinations(choices) {
  const [first, ...rest] = choices;
  if (first === undefined) {
    yield new Map();
    return;
  }
  const [path, values] = first;
  for (const names of combinations(rest)) {
    for (const inode of values) yield inode === null ? names : new Map([...names, [path, inode]]);
  }
}
