import { writeFileSync } from 'node:fs';
import { WrongResult } from '../files/wrong-result.js';
import { pathOfName } from './url-path.js';

/** @type {import('./peer.js').Peer} */
export const wrk = { program: 'wrk', debianPackage: 'wrk', versionOption: '-v' };

export const CONNECTIONS = 16;

/**
 * For so many seconds one request after the other on each of some connections that are kept.
 * @param {string} url
 * @param {string} script
 * @param {number} seconds
 */
export const wrkWalk = (url, script, seconds) => [
  ...['wrk', '-t', '1', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', script, url],
];

/**
 * What `wrkWalk` reads: it asks for all of `names` in turn, again and again.
 * @param {string} script
 * @param {readonly string[]} names
 */
export function writeWalk(script, names) {
  const paths = names.map((name) => `  '/${pathOfName(name)}',\n`);
  writeFileSync(
    script,
    `local paths = {\n${paths.join('')}}
local requests = {}
local at = 0
function init()
  for number, path in ipairs(paths) do requests[number] = wrk.format('GET', path) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`,
  );
}

/**
 * Requests that were answered, from what wrk printed.
 * @param {string} printed
 * @throws WrongResult if one was answered by anything but a success, or not at all
 */
export function answersIn(printed) {
  const count = Number(/(\d+) requests in /.exec(printed)?.[1] ?? 0);
  if (count === 0 || /Non-2xx|Socket errors/.test(printed)) throw new WrongResult(`wrk said ${printed}`);
  return count;
}
