export {
  type ConnectOptions,
  connect,
  type FetchEvents,
  type FetchedFile,
  type FetchOptions,
  type FileInfo,
  type ManyFilesOptions,
  type Repair,
  type RepairOptions,
  type Retry,
  Sealift,
  type Share,
  type ShareInfo,
  type ShareOptions,
  type StreamOptions,
  type Verification,
  type VerifyOptions,
  type WantedFile,
} from './client/index.js';
export { type ErrorCode, exitCodeOf, SealiftError } from './errors/index.js';
export type { Entry, HashingProgress } from './protocol/index.js';
export { type ServeOptions, serve } from './serve.js';
export type { RequestRecord, SealiftServer, ServerLimits, ServerScrub } from './server/index.js';
