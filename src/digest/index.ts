export { ALGORITHMS, type Algorithm, createHasher, type Hasher } from './algorithm.js';
export { type ExpectedDigest, parseExpectedDigest } from './expected-digest.js';
export { type HashFileOptions, hashFile } from './hash-file.js';
export { type HashOptions, HashPool } from './hash-pool.js';
