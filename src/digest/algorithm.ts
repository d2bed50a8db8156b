import { createHash } from 'node:crypto';
import { createBlake3 } from './blake3.js';
import type { Hasher } from './hasher.js';

export const ALGORITHMS = ['md5', 'sha256', 'blake3'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Hex digits in a digest of each algorithm. */
export const HEX_LENGTH: Record<Algorithm, number> = { md5: 32, sha256: 64, blake3: 64 };

export async function createHasher(algorithm: Algorithm): Promise<Hasher> {
  if (algorithm === 'blake3') return createBlake3();
  const hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}
