import type { IncomingMessage } from 'node:http';
import { SealiftError } from '../../errors/index.js';
import { Refusal } from '../refusal.js';
import type { Asking } from './asking.js';
import { localPath } from './next-path.js';

const BODY_MAX = 4 * 1024;

/**
 * Reads what the form sends, within the header deadline.
 * @throws SealiftError BAD_REQUEST, TOO_LARGE, TIMEOUT
 */
export async function readLoginForm({
  request,
  response,
  connection,
}: Asking): Promise<{ token: string; next: string }> {
  const { headers } = request;
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(headers['content-type'] ?? '')) {
    const error = new SealiftError('BAD_REQUEST', 'a login is a form: application/x-www-form-urlencoded');
    throw new Refusal(error, { status: 415 });
  }
  if (/^100-continue$/i.test(headers.expect ?? '')) response.writeContinue();
  const form = new URLSearchParams((await connection.readBody(request, BODY_MAX)).toString('utf8'));
  const [token, ...others] = form.getAll('token');
  if (token === undefined || others.length > 0)
    throw new SealiftError('BAD_REQUEST', 'a login has one token');
  return { token: token.trim(), next: localPath(form.get('next') ?? '/') };
}

/**
 * What changes something for a browser is sent by a page of this very server. A page on another port of the host is of another origin, but of the same site.
 * @throws SealiftError FORBIDDEN
 */
export function requireOwnPage({ headers }: IncomingMessage): void {
  const { origin, host = '', 'sec-fetch-site': site } = headers;
  const [, from] = /^https?:\/\/(.+)$/i.exec(origin ?? '') ?? [];
  const isOwnOrigin = origin === undefined || from?.toLowerCase() === host.toLowerCase();
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  if (isOwnOrigin && isOwnSite) return;
  throw new SealiftError('FORBIDDEN', 'a page of another site may not log anybody in or out here');
}
