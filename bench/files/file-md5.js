import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** @param {string} path */
export async function md5OfFile(path) {
  const hash = createHash('md5');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  return hash.digest('hex');
}
