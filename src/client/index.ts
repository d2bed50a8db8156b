export {
  connect,
  type FetchOptions,
  type FileInfo,
  type RepairOptions,
  Sealift,
  type StreamOptions,
  type VerifyOptions,
} from './client.js';
export type { ConnectOptions } from './connect-options.js';
export type { FetchEvents, FetchedFile } from './fetch-file.js';
export type { ManyFilesOptions, WantedFile } from './many/wanted-file.js';
export type { Repair } from './repair.js';
export { DEFAULT_RETRY, type Retry } from './retry.js';
export {
  formatServerUrl,
  parseServerLink,
  parseServerUrl,
  type ServerAddress,
} from './server-url.js';
export { suggestName } from './suggest-name.js';
export type { KnownServers } from './tls/known-servers.js';
export type { Verification } from './verify-file.js';
