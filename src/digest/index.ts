export type { Algorithm } from './algorithm.js';
export { type Blake3, createBlake3 } from './blake3.js';
export { ChunkHasher } from './chunk-hasher.js';
export { type ExpectedDigest, parseExpectedDigest } from './expected-digest.js';
export { createSmallHasher, digestsOfSmall, type FileDigests } from './file-hasher.js';
export { type HashFileOptions, hashFile } from './hash-file.js';
export { type HashOptions, HashPool } from './hash-pool.js';
export {
  CHUNK_DIGEST,
  CHUNK_SIZE,
  chunkCount,
  chunkRange,
  hasManifest,
  MANIFEST_MAX,
  rootOf,
} from './manifest.js';
export { md5Of } from './md5-of.js';
export {
  hasIdleThread,
  inlineHasher,
  type NewWorker,
  type StreamHasher,
  sharedBytes,
  threadHasher,
} from './stream-hasher.js';
