import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * A check that Sealift relies on, how to take it out of the built program, and the test that has to notice.
 * @typedef {object} Guard
 * @property {string} rule what holds because of it, in a few words
 * @property {string} file in dist/
 * @property {string} find in that file exactly once
 * @property {string} replace what stands there without the guard
 * @property {string} test the file that goes red
 * @property {string} name of a test in it, or a piece of one that is in the file as it is written there
 */

export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The guard's file without the guard.
 * @param {Guard} guard
 * @param {string} [project] folder
 * @throws Error when the guard is not there exactly once: the program has changed, and the list is stale
 */
export function withoutGuard({ rule, file, find, replace }, project = PROJECT) {
  const text = readFileSync(`${project}/dist/${file}`, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${rule}: ${parts.length - 1} times in dist/${file}: ${find}`);
  return parts.join(replace);
}

/**
 * What is wrong with an entry of the list without running anything, or null.
 * @param {Guard} guard
 */
export function staleness(guard) {
  try {
    withoutGuard(guard);
    const isThere = readFileSync(`${PROJECT}/${guard.test}`, 'utf8').includes(guard.name);
    return isThere ? null : `${guard.rule}: no test "${guard.name}" in ${guard.test}`;
  } catch (error) {
    return String(error);
  }
}
