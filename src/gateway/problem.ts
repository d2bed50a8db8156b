import type { IncomingMessage } from 'node:http';
import { PROBLEM_POLICY, problemPage } from './problem-page.js';
import { problemText } from './problem-text.js';
import { SAFE_HEADERS } from './safe-headers.js';

/** What is answered. */
export const METHODS = 'GET, HEAD, OPTIONS, PROPFIND';

export interface Problem {
  status: number;
  headers: Record<string, string | number>;
  body: Buffer;
}

/** A refusal: a page for browsers, which say that they want HTML, else a problem document (RFC 9457). */
export function problemOf(error: unknown, { headers: { accept = '' }, url = '/' }: IncomingMessage): Problem {
  const text = problemText(error);
  const { status } = text;
  const isForPeople = /\btext\/html\b/i.test(accept);
  const body = Buffer.from(isForPeople ? problemPage(text, url) : `${JSON.stringify(text)}\n`);
  const headers: Record<string, string | number> = {
    ...SAFE_HEADERS,
    'Content-Type': isForPeople ? 'text/html; charset=utf-8' : 'application/problem+json',
    'Content-Length': body.length,
    Vary: 'Accept',
  };
  if (isForPeople) headers['Content-Security-Policy'] = PROBLEM_POLICY;
  if (status === 405) headers.Allow = METHODS;
  if (status === 503) headers['Retry-After'] = 1;
  return { status, headers, body };
}
