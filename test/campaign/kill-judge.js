import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '#sealift/client/index.js';
import { runProgram } from './run-program.js';
import { filesIn, sha256OfFile } from './sample-bytes.js';

const PART = /^\.sealift-[^/]*\.part$/;

/**
 * @typedef {object} Expected
 * @property {string | null} oldSha256 null for no file
 * @property {string} newSha256
 */

/**
 * What is wrong in the folder of a fetch that was killed.
 * @param {import('./kill-once.js').KillJob} job
 * @param {Expected} expected
 */
export function judgeKilled({ dir, name }, { oldSha256, newSha256 }) {
  const wrong = [];
  const found = sha256OfFile(join(dir, name));
  if (found !== newSha256 && found !== oldSha256)
    wrong.push('after the kill the final name holds other bytes');
  const strangers = filesIn(dir).filter((path) => path !== name && !PART.test(path));
  if (strangers.length > 0) wrong.push(`after the kill there is ${strangers.join(', ')}`);
  return wrong;
}

/** What a killed fetch left besides the file: its part files. */
export function partsIn(/** @type {import('./kill-once.js').KillJob} */ { dir, name }) {
  return existsSync(dir) ? filesIn(dir).filter((path) => path !== name) : [];
}

/**
 * Fetches again, without a kill.
 * @param {import('./kill-once.js').KillJob} job
 * @param {Expected} expected
 * @returns {Promise<{ wrong: string[], resumedFrom: number }>}
 */
export async function complete(job, { newSha256 }) {
  const { dir, name } = job;
  const { problem, resumedFrom } = job.withProgram ? await withProgram(job) : await inProcess(job);
  const wrong = problem === null ? [] : [`the next fetch: ${problem}`];
  if (sha256OfFile(join(dir, name)) !== newSha256) wrong.push('the next fetch left other bytes');
  const rest = partsIn(job);
  if (rest.length > 0) wrong.push(`the next fetch left behind ${rest.join(', ')}`);
  return { wrong, resumedFrom };
}

/** @param {import('./kill-once.js').KillJob} job */
async function inProcess({ url, name, dir, force, fsync }) {
  const client = await connect(url);
  try {
    const { resumedFrom } = await client.fetch(name, { dir, force, fsync });
    return { problem: null, resumedFrom };
  } catch (error) {
    return { problem: String(error), resumedFrom: 0 };
  } finally {
    client.close();
  }
}

/** @param {import('./kill-once.js').KillJob} job */
async function withProgram({ url, name, dir, force, fsync }) {
  const flags = [...(force ? ['--force'] : []), ...(fsync ? [] : ['--no-fsync'])];
  const args = ['fetch', name, '-s', url, '-d', dir, '--json', ...flags];
  const { code, stdout, stderr } = await runProgram(args);
  const done = stdout.split('\n').find((line) => line.includes('"event":"done"'));
  const resumedFrom = done === undefined ? 0 : Number(JSON.parse(done).resumedFrom);
  return { problem: code === 0 ? null : `exit code ${code}: ${stdout}${stderr}`, resumedFrom };
}
