export { type Algorithm, createHasher } from './algorithm.js';
export { type ExpectedDigest, parseExpectedDigest } from './expected-digest.js';
export { hashFile } from './hash-file.js';
export { HashPool } from './hash-pool.js';
