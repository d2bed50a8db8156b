export {
  type ConnectOptions,
  connect,
  type ExecCommand,
  type ExecEnd,
  type ExecOptions,
  type FetchEvents,
  type FetchedFile,
  type FetchOptions,
  type FileInfo,
  type KnownServers,
  type ManyFilesOptions,
  type Repair,
  type RepairOptions,
  type Retry,
  type RunningExec,
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
export type { Entry, ExecSignal, HashingProgress } from './protocol/index.js';
export { type ServeOptions, serve } from './serve.js';
export type { RequestRecord, SealiftServer, ServerExec, ServerLimits, ServerScrub } from './server/index.js';
