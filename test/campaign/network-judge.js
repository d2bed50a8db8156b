import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SealiftError } from '#sealift/index.js';
import { filesIn, sha256 } from './sample-bytes.js';

const PART = /(^|\/)\.sealift-[^/]*\.part$/;

/**
 * What damage on the way may be told as. A bit that is flipped in a request, or in a field of a reply that has no
 * digest of its own, may come to another honest answer: no such file, another version, no room.
 */
const FORESEEN = new Set(
  [
    ['CORRUPT', 'NETWORK', 'TIMEOUT', 'PROTOCOL', 'BAD_REQUEST', 'UNSUPPORTED', 'INTERNAL', 'BUSY'],
    ['NOT_FOUND', 'CHANGED', 'RANGE', 'NO_SPACE', 'TOO_LARGE'],
  ].flat(),
);
/** After these an unfinished file may stay, hidden, for the next fetch. */
const KEEPS = new Set(['NETWORK', 'TIMEOUT', 'BUSY', 'INTERNAL', 'NOT_FOUND']);

/**
 * @typedef {object} Verdict
 * @property {string[]} wrong what no run may end in, in words
 * @property {boolean} isWrongFile a file was accepted that is not the served one
 * @property {boolean} isUnfinished something that is no right file is under a final name
 */

/**
 * Judges an error that damage on the way came to.
 * @param {unknown} error
 * @param {{ hasLocal?: boolean }} [options] `hasLocal`: there was a local file, with which another may be in conflict
 * @returns {string[]} what is wrong with it
 */
export function judgeError(error, { hasLocal = false } = {}) {
  if (!(error instanceof SealiftError))
    return [`no error of Sealift's: ${error instanceof Error ? error.stack : error}`];
  const { code, message } = error;
  const isForeseen = FORESEEN.has(code) || (hasLocal && code === 'EXISTS');
  return isForeseen && !message.includes('\n') ? [] : [`${code}: ${message}`];
}

/**
 * Judges what is on disk after a fetch, by SHA-256 of the bytes that are served.
 * @param {import('./network-storage.js').Served} served
 * @param {string} dir
 * @param {{ error: unknown, before: Buffer | null }} outcome `error` null: it succeeded; `before`: what was there
 * @returns {Verdict}
 */
export function judgeFolder(served, dir, { error, before }) {
  /** @type {string[]} */
  const wrong = [];
  const path = join(dir, served.name);
  const found = existsSync(path) ? sha256(readFileSync(path)) : null;
  const isRight = found === served.sha256;
  const isAsBefore = found === (before && sha256(before));
  const isWrongFile = error === null && !isRight;
  const isUnfinished = found !== null && !isRight && !isAsBefore;
  if (isWrongFile) wrong.push(found === null ? 'success without a file' : 'success with another file');
  if (error !== null && !isAsBefore) wrong.push('a failure that did not leave the target as it was');
  const others = filesIn(dir).filter((file) => file !== served.name);
  const parts = others.filter((file) => PART.test(file));
  if (parts.length < others.length) wrong.push(`other files: ${others.join(', ')}`);
  const mayKeep = error instanceof SealiftError && KEEPS.has(error.code);
  if (parts.length > (mayKeep ? 1 : 0)) wrong.push(`left behind: ${parts.join(', ')}`);
  return { wrong, isWrongFile, isUnfinished: isUnfinished || parts.length < others.length };
}

/**
 * True if the file's time is not the served one's: no digest covers it.
 * @param {string} path
 * @param {string} servedPath
 */
export function hasOtherTime(path, servedPath) {
  return Math.abs(statSync(path).mtimeMs - statSync(servedPath).mtimeMs) >= 1;
}
