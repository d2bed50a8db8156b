import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '#sealift/index.js';
import { hasOtherTime, judgeError, judgeFolder } from './network-judge.js';
import { filesIn, putSample, sha256 } from './sample-bytes.js';

/**
 * @typedef {import('#sealift/index.js').Sealift} Sealift
 * @typedef {import('./network-storage.js').Served} Served
 * @typedef {import('./seeded-random.js').SeededRandom} SeededRandom
 *
 * @typedef {object} Surroundings
 * @property {string} url
 * @property {{ timeout: number, retries: number, retryDelay: number }} patience
 * @property {Served} served
 * @property {import('./network-storage.js').Storage} storage
 * @property {string} dir empty at first
 * @property {SeededRandom} random
 *
 * What came of one call of the library.
 * @typedef {object} Result
 * @property {string | null} code of the error; null: it succeeded
 * @property {string} [message]
 * @property {string[]} wrong
 * @property {boolean} [isWrongFile]
 * @property {boolean} [isUnfinished]
 * @property {string[]} counted what else it came to
 *
 * @typedef {(surroundings: Surroundings) => Promise<Result>} Job
 */

const OLD = Buffer.from('an old file of this name, which a failure must not touch\n'.repeat(40));

/** @type {Record<string, Job>} */
export const jobs = {
  fetch: (surroundings) => fetchTo(surroundings, null),
  'fetch -f': (surroundings) => fetchTo(surroundings, OLD),
  read,
  verify,
  repair,
  list,
};

/**
 * A fetch again where one has failed, of whatever that has left.
 * @param {Surroundings} surroundings
 */
export function fetchAgain(surroundings) {
  const path = join(surroundings.dir, surroundings.served.name);
  const [part] = filesIn(surroundings.dir).filter((file) => file.endsWith('.part'));
  // What is left may have rotted meanwhile.
  if (part !== undefined && surroundings.random.chance(0.3)) {
    const bytes = readFileSync(join(surroundings.dir, part));
    const at = surroundings.random.integer(0, bytes.length - 1);
    bytes[at] = Number(bytes[at]) ^ 1;
    writeFileSync(join(surroundings.dir, part), bytes);
  }
  return fetchTo(surroundings, existsSync(path) ? readFileSync(path) : null);
}

/**
 * @param {Surroundings} surroundings
 * @param {Buffer | null} before what is there already
 * @returns {Promise<Result>}
 */
async function fetchTo({ url, patience, served, storage, dir }, before) {
  if (before !== null) putSample(dir, served.name, before);
  /** @type {Set<string>} */
  const counted = new Set();
  const { error } = await using({ url, patience }, async (client) => {
    const fetched = await client.fetch(served.name, {
      dir,
      force: before !== null,
      fsync: false,
      onRetry: () => counted.add('retried'),
      onRepair: () => counted.add('repaired'),
    });
    if (fetched.resumedFrom > 0) counted.add('resumed');
    if (fetched.md5 !== served.md5 || fetched.size !== served.size)
      throw new Error('it tells another digest or size');
  });
  const verdict = judgeFolder(served, dir, { error, before });
  if (error !== null) verdict.wrong.push(...judgeError(error, { hasLocal: before !== null }));
  else if (!verdict.isWrongFile && hasOtherTime(join(dir, served.name), join(storage.folder, served.name))) {
    counted.add('other mtime');
  }
  return { ...told(error), ...verdict, counted: [...counted] };
}

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Result>}
 */
async function read({ url, patience, served }) {
  /** @type {Buffer[]} */
  const pieces = [];
  const { error } = await using({ url, patience }, async (client) => {
    for await (const piece of client.read(served.name)) pieces.push(piece);
  });
  const out = Buffer.concat(pieces);
  const wrong = error === null ? [] : judgeError(error);
  const isWrongFile = error === null && sha256(out) !== served.sha256;
  if (isWrongFile) wrong.push(`a stream of ${out.length} other bytes ended as if right`);
  const isPrefix = served.bytes.subarray(0, out.length).equals(out);
  if (!isPrefix) wrong.push(`a stream gave wrong bytes before its error, within the first ${out.length}`);
  return { ...told(error), wrong, isWrongFile: isWrongFile || !isPrefix, counted: [] };
}

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Result>}
 */
async function verify({ url, patience, served, dir, random }) {
  const isRight = served.size === 0 || random.chance(0.5);
  putSample(dir, served.name, isRight ? served.bytes : damagedCopy(served.bytes, random));
  const { error, value: status } = await using({ url, patience }, async (client) => {
    return (await client.verify(served.name, { dir })).status;
  });
  const wrong = error === null ? [] : judgeError(error, { hasLocal: true });
  const isWrongFile = status === 'OK' && !isRight;
  if (isWrongFile) wrong.push('a damaged local file is called OK');
  if (status === 'MISSING') wrong.push('a local file is called missing');
  const isFalseAlarm = status === 'FAILED' && isRight;
  return { ...told(error), wrong, isWrongFile, counted: isFalseAlarm ? ['false alarms'] : [] };
}

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Result>}
 */
async function repair({ url, patience, served, dir, random }) {
  const before = served.size === 0 ? OLD : damagedCopy(served.bytes, random);
  putSample(dir, served.name, before);
  const { error } = await using({ url, patience }, async (client) => {
    await client.repair(served.name, { dir, fsync: false });
  });
  const verdict = judgeFolder(served, dir, { error, before });
  if (error !== null) verdict.wrong.push(...judgeError(error, { hasLocal: true }));
  return { ...told(error), ...verdict, counted: [] };
}

/**
 * @param {Surroundings} surroundings
 * @returns {Promise<Result>}
 */
async function list({ url, patience, storage }) {
  const { error, value = [] } = await using({ url, patience }, async (client) => {
    /** @type {import('#sealift/index.js').Entry[]} */
    const entries = [];
    for await (const entry of client.list()) entries.push(entry);
    return entries;
  });
  const facts = (/** @type {{ name: string, size: number, md5: string | null }[]} */ entries) =>
    entries
      .map(({ name, size, md5 }) => `${name} ${size} ${md5}`)
      .sort()
      .join('\n');
  const isSame = error !== null || facts(value) === facts(storage.all);
  return {
    ...told(error),
    wrong: error === null ? [] : judgeError(error),
    counted: isSame ? [] : ['other listings'],
  };
}

/**
 * @param {Buffer} bytes
 * @param {SeededRandom} random
 */
function damagedCopy(bytes, random) {
  const copy = Buffer.from(bytes);
  for (let bits = random.integer(1, 3); bits > 0; bits--) {
    const at = random.integer(0, copy.length - 1);
    copy[at] = Number(copy[at]) ^ (1 << bits);
  }
  return copy;
}

/**
 * @template T
 * @param {Pick<Surroundings, 'url' | 'patience'>} surroundings
 * @param {(client: Sealift) => Promise<T>} use
 * @returns {Promise<{ error: unknown, value?: T }>}
 */
async function using({ url, patience }, use) {
  try {
    const client = await connect(url, patience);
    try {
      return { error: null, value: await use(client) };
    } finally {
      client.close();
    }
  } catch (error) {
    return { error };
  }
}

/** @param {unknown} error */
function told(error) {
  if (error === null) return { code: null };
  const { code = 'no code', message } = /** @type {{ code?: string, message: string }} */ (error);
  return { code, message };
}
