import type { IncomingMessage } from 'node:http';
import { SealiftError } from '../errors/index.js';
import { wantsHtml } from './accept.js';
import { PROBLEM_POLICY, problemPage } from './problem-page.js';
import { type ProblemText, problemText } from './problem-text.js';
import { Refusal, type RefusalPage } from './refusal.js';
import { SAFE_HEADERS } from './safe-headers.js';

/** What is answered. */
export const METHODS = 'GET, HEAD, OPTIONS, PROPFIND';

export interface Problem {
  status: number;
  headers: Record<string, string | number | string[]>;
  body: Buffer;
}

/** A refusal: a page for browsers, which say that they want HTML, else a problem document (RFC 9457). */
export function problemOf(error: unknown, request: IncomingMessage): Problem {
  const { status: own, headers: more, page } = error instanceof Refusal ? error.options : {};
  const known = problemText(error);
  const text = { ...known, status: own ?? known.status };
  const { status } = text;
  const isForPeople = wantsHtml(request);
  const shown = isForPeople ? (page ?? usualPage)(text) : null;
  const body = Buffer.from(shown?.html ?? `${JSON.stringify(text)}\n`);
  const headers: Problem['headers'] = {
    ...SAFE_HEADERS,
    'Content-Type': isForPeople ? 'text/html; charset=utf-8' : 'application/problem+json',
    'Content-Length': body.length,
    Vary: 'Accept',
    // What is refused now need not be later, nor to others.
    'Cache-Control': 'no-store',
  };
  if (shown) headers['Content-Security-Policy'] = shown.policy;
  if (status === 405) headers.Allow = METHODS;
  if (status === 503) headers['Retry-After'] = 1;
  if (error instanceof SealiftError && error.retryAfter !== undefined)
    headers['Retry-After'] = error.retryAfter;
  return { status, headers: { ...headers, ...more }, body };

  function usualPage(told: ProblemText): RefusalPage {
    return { html: problemPage(told, request.url ?? '/'), policy: PROBLEM_POLICY };
  }
}
