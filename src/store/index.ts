export type { DigestIndex, IndexKind } from './digest-index/digest-index.js';
export { LocalStore, type LocalStoreOptions } from './local/local-store.js';
export type {
  DigestOptions,
  FileFacts,
  ListPage,
  ListQuery,
  Store,
  StoredFile,
  StoreEntry,
} from './store.js';
