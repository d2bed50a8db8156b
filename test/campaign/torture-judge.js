import { join } from 'node:path';
import { filesIn, sha256OfFile } from './sample-bytes.js';

const PART = /(^|\/)\.sealift-[^/]*\.part$/;
const EXIT_LOCAL = 7;

/** @param {import('./torture-worker.js').Fault} fault */
export function faultText({ label, nth, code, isLasting }) {
  return `${code} at ${label} ${nth}${isLasting ? ' and from there on' : ''}`;
}

/**
 * What is wrong on disk after a fetch.
 * @param {import('./torture-scenarios.js').Scenario} scenario
 * @param {string} dir
 * @param {number | null} exitCode
 */
export function judgeDisk({ name, oldSha256, newSha256 }, dir, exitCode) {
  const wrong = [];
  const found = sha256OfFile(join(dir, name));
  if (found !== newSha256 && found !== oldSha256) wrong.push('the final name holds other bytes');
  if (exitCode === 0 && found !== newSha256) wrong.push('success, and the file is not there');
  const rest = filesIn(dir).filter((path) => path !== name);
  if (rest.some((path) => !PART.test(path)) || rest.length > 1) wrong.push(`left behind: ${rest.join(', ')}`);
  return wrong;
}

/**
 * @param {import('./torture-scenarios.js').Scenario} scenario
 * @param {string} dir
 * @param {import('./torture-worker.js').Outcome} outcome
 */
export function judge(scenario, dir, { status, exitCode, message, leftOpen }) {
  const wrong = judgeDisk(scenario, dir, exitCode);
  if (status === 'hangs') wrong.push('it hangs');
  else if (exitCode !== 0 && exitCode !== EXIT_LOCAL) wrong.push(`exit code ${exitCode}: ${message}`);
  else if (exitCode !== 0 && (message.includes('\n') || !message.startsWith(dir))) {
    wrong.push(`not one line that names the file: ${message}`);
  }
  if (leftOpen > 0) wrong.push(`${leftOpen} files left open`);
  return wrong;
}

/**
 * The next fetch, of which nothing fails: it ends well, and nothing but the file is left.
 * @param {import('./torture-scenarios.js').Scenario} scenario
 * @param {string} dir
 * @param {import('./torture-worker.js').Outcome} outcome
 */
export function judgeNext(scenario, dir, outcome) {
  const wrong = judge(scenario, dir, outcome).map((why) => `the next: ${why}`);
  if (outcome.exitCode !== 0) wrong.push(`the next failed: ${outcome.message}`);
  const rest = filesIn(dir).filter((path) => path !== scenario.name);
  if (rest.length > 0) wrong.push(`the next left behind: ${rest.join(', ')}`);
  return wrong;
}
