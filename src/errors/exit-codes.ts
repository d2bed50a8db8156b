import type { ErrorCode } from './codes.js';

/** The one table from code to exit code. */
const EXIT_CODES: Record<ErrorCode, number> = {
  USAGE: 2,
  NOT_FOUND: 3,
  CORRUPT: 4,
  NETWORK: 5,
  TIMEOUT: 5,
  INTERNAL: 5,
  CHANGED: 6,
  RANGE: 6,
  CONFLICT: 6,
  BUSY: 6,
  TOO_LARGE: 6,
  FORBIDDEN: 6,
  UNAUTHORIZED: 6,
  UNTRUSTED: 6,
  EXISTS: 7,
  NO_SPACE: 7,
  PERMISSION: 7,
  LOCAL_IO: 7,
  BAD_REQUEST: 8,
  UNSUPPORTED: 8,
  VERSION: 8,
  PROTOCOL: 8,
  ABORTED: 130,
};

/** What a bug in Sealift exits with. */
export const EXIT_BUG = 1;

export function exitCodeOf(code: ErrorCode): number {
  return EXIT_CODES[code];
}
