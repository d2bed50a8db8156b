export { isLoopback } from './admission.js';
export { EXEC_TIMEOUT, type ServerExec } from './exec/index.js';
export type { RequestRecord } from './request-record.js';
export { SCRUB_RATE, type SealiftServer, type ServeOptions, type ServerScrub, serve } from './serve.js';
export { DEFAULT_LIMITS, type ServerLimits } from './server-limits.js';
export { SERVER_VERSION } from './server-name.js';
export { readCertificate, type ServerCertificate, tlsSettings } from './tls/certificate.js';
export { newPrivateKey, selfSigned } from './tls/self-signed.js';
