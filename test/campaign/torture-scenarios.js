import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { leavePart } from './left-part.js';
import { putSample, sampleBytes, sha256 } from './sample-bytes.js';

/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {string} name of the file that is fetched
 * @property {'fetch' | 'repair'} verb
 * @property {{ force: boolean, fsync: boolean }} options
 * @property {string} before a folder as it is before the fetch
 * @property {string | null} oldSha256 of the file that is at the final name before; null for none
 * @property {string} newSha256
 */

const SIZE = 2_300_000;

/**
 * Puts files into `storage`, and what is there before each fetch below `root`.
 * @param {string} storage
 * @param {string} root
 * @param {number} port of the server
 * @returns {Promise<Scenario[]>}
 */
export async function tortureScenarios(storage, root, port) {
  const content = sampleBytes(SIZE, 'torture');
  const old = sampleBytes(SIZE, 'old');
  putSample(storage, 'big.bin', content);
  putSample(storage, 'small.bin', content.subarray(0, 10_000));
  putSample(storage, 'a/b/c.bin', content.subarray(0, 10_000));
  putSample(storage, 'empty', '');
  const before = (/** @type {string} */ title) => {
    const folder = join(root, title.replaceAll(' ', '-'));
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const options = { force: false, fsync: true };
  const force = { force: true, fsync: true };
  const big = { name: 'big.bin', newSha256: sha256(content) };
  const small = { name: 'small.bin', newSha256: sha256(content.subarray(0, 10_000)) };
  const rotten = Buffer.from(content);
  rotten.fill(0, 1_200_000, 1_200_100);
  /** @type {Omit<Scenario, 'verb' | 'before'>[]} */
  const fetches = [
    { title: 'fresh', ...big, options, oldSha256: null },
    { title: 'forced', ...big, options: force, oldSha256: sha256(old) },
    { title: 'small', ...small, options, oldSha256: null },
    { title: 'small forced', ...small, options: force, oldSha256: sha256(old) },
    { title: 'no fsync', ...small, options: { ...options, fsync: false }, oldSha256: null },
    { title: 'sub-folder', ...small, name: 'a/b/c.bin', options, oldSha256: null },
    { title: 'empty', name: 'empty', newSha256: sha256(''), options, oldSha256: null },
    { title: 'there already', ...big, options, oldSha256: big.newSha256 },
    { title: 'resumed', ...big, options, oldSha256: null },
    { title: 'resumed, forced', ...big, options: force, oldSha256: sha256(old) },
  ];
  /** @type {Scenario[]} */
  const scenarios = fetches.map((fetch) => ({ ...fetch, verb: 'fetch', before: before(fetch.title) }));
  const repair = { verb: /** @type {const} */ ('repair'), options: force };
  scenarios.push({
    title: 'repaired',
    ...big,
    ...repair,
    oldSha256: sha256(rotten),
    before: before('repaired'),
  });
  for (const title of ['resumed', 'resumed, forced']) {
    await leavePart({ port, name: 'big.bin', dir: before(title), share: 0.7 });
  }
  putSample(before('forced'), 'big.bin', old);
  putSample(before('resumed, forced'), 'big.bin', old);
  putSample(before('small forced'), 'small.bin', old);
  putSample(before('there already'), 'big.bin', content);
  putSample(before('repaired'), 'big.bin', rotten);
  return scenarios;
}
