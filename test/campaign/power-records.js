import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { leavePart } from './left-part.js';
import { putSample, sampleBytes } from './sample-bytes.js';

const RECORDER = fileURLToPath(new URL('./power-recorder.js', import.meta.url));
/** The folder that is fetched into, below the one that is recorded. */
export const DIR = 'downloads';

/**
 * @typedef {object} PowerFetch
 * @property {string} title
 * @property {string} name
 * @property {{ force: boolean, fsync: boolean }} options
 * @property {Buffer} content
 * @property {Buffer | null} old
 * @property {'fetch' | 'repair' | 'fetchMany'} [verb] default: fetch
 * @property {boolean} [isNewDir] the folder to fetch into is not there
 * @property {boolean} [hasPart] an earlier fetch left a part file
 */

/** @returns {PowerFetch[]} */
export function powerFetches() {
  const big = sampleBytes(2_300_000, 'power');
  const small = sampleBytes(10_000, 'power, small');
  const old = sampleBytes(10_500, 'power, old');
  const rotten = Buffer.from(big);
  rotten.fill(0, 1_200_000, 1_200_100);
  const options = { force: false, fsync: true };
  const force = { force: true, fsync: true };
  return [
    { title: 'fresh', name: 'big.bin', content: big, old: null, options },
    { title: 'forced', name: 'big.bin', content: big, old, options: force },
    { title: 'small', name: 'small.bin', content: small, old: null, options },
    { title: 'small forced', name: 'small.bin', content: small, old, options: force },
    { title: 'sub-folders', name: 'a/b/c.bin', content: small, old: null, options },
    { title: 'new folder', name: 'a/b/c.bin', content: small, old: null, options, isNewDir: true },
    { title: 'resumed', name: 'big.bin', content: big, old: null, options, hasPart: true },
    { title: 'resumed, forced', name: 'big.bin', content: big, old, options: force, hasPart: true },
    { title: 'repaired', name: 'big.bin', content: big, old: rotten, options: force, verb: 'repair' },
    { title: 'among many', name: 'many/c.bin', content: small, old: null, options, verb: 'fetchMany' },
    {
      title: 'among many, forced',
      name: 'many/c.bin',
      content: small,
      old,
      options: force,
      verb: 'fetchMany',
    },
    {
      title: 'among many, new folder',
      name: 'many/c.bin',
      content: small,
      old: null,
      options,
      verb: 'fetchMany',
      isNewDir: true,
    },
    { title: 'no fsync', name: 'big.bin', content: big, old: null, options: { ...options, fsync: false } },
  ];
}

/**
 * Fetches them in a process that has ended when this resolves, so that its part files are nobody's.
 * @param {PowerFetch[]} fetches
 * @param {{ url: string, port: number }} server
 * @param {import('./scratch-folder.js').ScratchFolder} scratch
 */
export async function recordFetches(fetches, { url, port }, scratch) {
  const prepared = [];
  for (const fetch of fetches) {
    const root = scratch.newFolder();
    const dir = join(root, DIR);
    if (!fetch.isNewDir) mkdirSync(dir);
    if (fetch.hasPart) await leavePart({ port, name: fetch.name, dir, share: 0.7 });
    if (fetch.old) putSample(dir, fetch.name, fetch.old);
    prepared.push({ ...fetch, root, dir, path: `${DIR}/${fetch.name}`, before: contentOf(root) });
  }
  const file = join(scratch.path, 'record');
  const jobs = prepared.map(({ name, root, dir, verb = 'fetch', options }) => {
    return { url, name, root, dir, verb, options };
  });
  const env = { ...process.env, FETCHES: JSON.stringify(jobs), RECORD: file };
  const recorder = spawn(process.execPath, [RECORDER], { stdio: ['ignore', 'inherit', 'inherit'], env });
  const [code] = await once(recorder, 'close');
  if (code !== 0) throw new Error(`recording failed with code ${code}`);
  /** @type {import('./power-recorder.js').RecordEvent[][]} */
  const records = deserialize(readFileSync(file));
  return prepared.map((fetch, n) => ({ ...fetch, events: records[n] ?? [] }));
}

/**
 * @param {string} root
 * @returns {Map<string, Buffer | null>}
 */
function contentOf(root) {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), entry.isDirectory() ? null : readFileSync(path)];
    }),
  );
}
