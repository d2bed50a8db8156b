export {
  type FetchOptions,
  type FileInfo,
  type RepairOptions,
  Sealift,
  type StreamOptions,
  type VerifyOptions,
} from './client.js';
export { type ConnectOptions, connect } from './connect.js';
export type { FetchEvents, FetchedFile } from './fetch-file.js';
export { isLoopback } from './loopback.js';
export type { ManyFilesOptions, WantedFile } from './many/wanted-file.js';
export type { Repair } from './repair.js';
export { DEFAULT_RETRY, type Retry } from './retry.js';
export {
  formatServerUrl,
  parseServerLink,
  parseServerUrl,
  type ServerAddress,
  type ServerLink,
} from './server-url.js';
export type { Share, ShareInfo, ShareOptions } from './share-links.js';
export { suggestName } from './suggest-name.js';
export type { Verification } from './verify-file.js';
