import { createHash } from 'node:crypto';

const PIECE = 1 << 20;

/**
 * MD5 of so many bytes from memory, on one core, by the OpenSSL that Node brings: what `openssl md5` runs.
 * @param {number} size
 * @returns {Promise<import('./timed.js').Timing>}
 */
export async function hashFromMemory(size) {
  const piece = Buffer.alloc(PIECE, 0x5a);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const hash = createHash('md5');
  for (let left = size; left > 0; left -= PIECE) hash.update(left < PIECE ? piece.subarray(0, left) : piece);
  hash.digest();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { seconds, cpuSeconds: (user + system) / 1e6, serverCpuSeconds: null, peakBytes: null };
}
