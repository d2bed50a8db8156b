import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { putSample, sampleBytes, sha256 } from './sample-bytes.js';

/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {string} name of the file that is fetched
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
 * @param {string} _url
 * @returns {Promise<Scenario[]>}
 */
export async function tortureScenarios(storage, root, _url) {
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
  /** @type {Scenario[]} */
  const scenarios = [
    { title: 'fresh', ...big, options, before: before('fresh'), oldSha256: null },
    { title: 'forced', ...big, options: force, before: before('forced'), oldSha256: sha256(old) },
    { title: 'small', ...small, options, before: before('small'), oldSha256: null },
    {
      title: 'small forced',
      ...small,
      options: force,
      before: before('small forced'),
      oldSha256: sha256(old),
    },
    {
      title: 'no fsync',
      ...small,
      options: { ...options, fsync: false },
      before: before('no fsync'),
      oldSha256: null,
    },
    {
      title: 'sub-folder',
      ...small,
      name: 'a/b/c.bin',
      options,
      before: before('sub-folder'),
      oldSha256: null,
    },
    {
      title: 'empty',
      name: 'empty',
      newSha256: sha256(''),
      options,
      before: before('empty'),
      oldSha256: null,
    },
    { title: 'there already', ...big, options, before: before('there already'), oldSha256: big.newSha256 },
  ];
  putSample(before('forced'), 'big.bin', old);
  putSample(before('small forced'), 'small.bin', old);
  putSample(before('there already'), 'big.bin', content);
  return scenarios;
}
