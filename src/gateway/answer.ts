import { SealiftError, systemCode } from '../errors/index.js';
import type { Exchange } from './exchange.js';
import { answerFile } from './file-answer.js';
import { answerFolder, answerSums, redirectToFolder } from './folder-answer.js';
import { answerMetalink } from './metalink.js';
import { ASSETS, answerAsset } from './page-assets.js';
import { METHODS } from './problem.js';
import { answerPropfind } from './propfind.js';

const SUMS = /^(?:(.*)\/)?MD5SUMS$/s;
const METALINK = /^(.+)\.meta4$/s;

/**
 * Answers one request.
 * @throws what it is to be refused for; once a part of the answer went out, the connection is to be reset
 */
export async function answer(exchange: Exchange): Promise<void> {
  const { request, target } = exchange;
  if (request.method === 'OPTIONS') return exchange.send(200, { Allow: METHODS, DAV: '1' });
  if (request.method === 'PROPFIND') return answerPropfind(exchange);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new SealiftError('UNSUPPORTED', `${request.method}: files are only read here`);
  }
  if (target.kind === 'folder') return answerFolder(exchange);
  try {
    return await answerFile(exchange);
  } catch (error) {
    // A file that is really called so comes first.
    if (systemCode(error) !== 'NOT_FOUND' || !(await answerMade(exchange))) throw error;
  }
}

/** What is not a file, but is made of some. False if it is not that either. */
async function answerMade(exchange: Exchange): Promise<boolean> {
  const { name } = exchange.target;
  const [, folder = ''] = SUMS.exec(name) ?? [];
  if (name.startsWith(ASSETS)) return answerAsset(name, (fields, bytes) => exchange.send(200, fields, bytes));
  if (SUMS.test(name)) await answerSums(exchange, folder);
  else if (METALINK.test(name)) await answerMetalink(exchange, METALINK.exec(name)?.[1] ?? '');
  else return redirectToFolder(exchange);
  return true;
}
