export type { IndexKind } from './digest-index/digest-index.js';
export { LocalStore } from './local/local-store.js';
export type {
  DigestOptions,
  ListQuery,
  Store,
  StoredFile,
  StoreEntry,
} from './store.js';
