export type { IndexKind } from './digest-index/digest-index.js';
export { LocalStore } from './local/local-store.js';
export type { ScrubProgress, ScrubReport } from './local/scrub.js';
export { scrubFolder } from './local/scrub-folder.js';
export { ScopedStore } from './scoped-store.js';
export type { ShareRecord } from './shares/share-codec.js';
export { mayUse, type ShareRecords, usedOf } from './shares/share-records.js';
export type {
  DigestOptions,
  Digests,
  ListQuery,
  Manifest,
  RememberedFile,
  SmallFiles,
  Store,
  StoredFile,
  StoreEntry,
} from './store.js';
