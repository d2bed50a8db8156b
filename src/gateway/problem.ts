import { httpStatusOf, SealiftError } from '../errors/index.js';
import { SAFE_HEADERS } from './safe-headers.js';

/** What is answered. */
export const METHODS = 'GET, HEAD, OPTIONS, PROPFIND';

export interface Problem {
  status: number;
  headers: Record<string, string | number>;
  body: Buffer;
}

/** A refusal as a problem document (RFC 9457): one line, the code, and nothing of this machine. */
export function problemOf(error: unknown): Problem {
  const isOwn = error instanceof SealiftError;
  const status = httpStatusOf(error);
  const code = isOwn ? error.code : 'INTERNAL';
  const detail = isOwn ? error.message : 'the server failed';
  const body = Buffer.from(`${JSON.stringify({ status, title: titleOf(code), code, detail })}\n`);
  const headers: Record<string, string | number> = {
    ...SAFE_HEADERS,
    'Content-Type': 'application/problem+json',
    'Content-Length': body.length,
  };
  if (status === 405) headers.Allow = METHODS;
  if (status === 503) headers['Retry-After'] = 1;
  return { status, headers, body };
}

/** `NOT_FOUND`: Not found. */
function titleOf(code: string): string {
  return code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' ');
}
