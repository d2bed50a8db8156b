export { type ErrorCode, isWireCode, type WireCode } from './codes.js';
export { escapeControls } from './escape.js';
export { EXIT_BUG, exitCodeOf } from './exit-codes.js';
export { httpStatusOf } from './http-status.js';
export { localError } from './local-error.js';
export { abortedError, SealiftError, systemCode } from './sealift-error.js';
