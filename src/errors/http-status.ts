import type { ErrorCode } from './codes.js';
import { systemCode } from './sealift-error.js';

/** The one table from code to HTTP status (RFC 9110, section 15). What is not in it is a fault of the server. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNSUPPORTED: 405,
  TIMEOUT: 408,
  CONFLICT: 409,
  TOO_LARGE: 413,
  RANGE: 416,
  // Whoever asks again gets the file as it is by then.
  CHANGED: 503,
  BUSY: 503,
  VERSION: 505,
};

export function httpStatusOf(error: unknown): number {
  return STATUSES[systemCode(error) as ErrorCode] ?? 500;
}
