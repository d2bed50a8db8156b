export { isLoopback } from './admission.js';
export type { RequestRecord } from './request-record.js';
export { type SealiftServer, type ServeOptions, serve } from './serve.js';
export { DEFAULT_LIMITS, type ServerLimits } from './server-limits.js';
