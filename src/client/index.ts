export { type FileInfo, Sealift } from './client.js';
export { connect } from './connect.js';
export type { ConnectOptions } from './connect-options.js';
export type { ExecCommand, ExecEnd, ExecOptions, RunningExec } from './exec/index.js';
export type { FetchEvents, FetchedFile } from './fetch-file.js';
export type { FetchOptions, RepairOptions, StreamOptions, VerifyOptions } from './file-options.js';
export { isLoopback } from './loopback.js';
export type { ManyFilesOptions, WantedFile } from './many/wanted-file.js';
export type { Repair } from './repair.js';
export { DEFAULT_RETRY, type Retry } from './retry.js';
export {
  formatServerUrl,
  parseServerLink,
  parseServerUrl,
  type ServerAddress,
} from './server-url.js';
export type { Share, ShareInfo, ShareOptions } from './share-links.js';
export { suggestName } from './suggest-name.js';
export type { KnownServers } from './tls/known-servers.js';
export type { Verification } from './verify-file.js';
