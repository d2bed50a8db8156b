import { SealiftError } from '../../errors/index.js';
import { isBrowser } from '../accept.js';
import { Refusal } from '../refusal.js';
import type { Asking } from './asking.js';
import { loginPage } from './login-page.js';
import { shareRefusalPage } from './share-refusal-page.js';

/** The form is to be sent with the Origin that it comes from, which it has none of under `no-referrer`; elsewhere nothing is told. */
export const FORM_REFERRER = { 'Referrer-Policy': 'same-origin' };
const BASIC = 'Basic realm="Sealift", charset="UTF-8"';

/** Nobody has shown a token. */
export function tokenMissing(asking: Asking, next: string): Refusal {
  const error = new SealiftError(
    'UNAUTHORIZED',
    'this server needs a token, as the password of any user or as a Bearer token',
  );
  return unauthorized(error, { asking, next, problem: null });
}

/** The token is wrong, or was not looked at. Nothing of it comes back. */
export function tokenRefused(error: SealiftError, asking: Asking, next: string): Refusal {
  const problem =
    error.retryAfter === undefined
      ? 'That token is not right. After each wrong one the next takes longer to be looked at.'
      : `Too many wrong tokens came from your address. Try again in ${error.retryAfter} s.`;
  return unauthorized(error, { asking, next, problem });
}

function unauthorized(
  error: SealiftError,
  { asking, next, problem }: { asking: Asking; next: string; problem: string | null },
): Refusal {
  const bearer = `Bearer realm="Sealift"${problem === null ? '' : ', error="invalid_token"'}`;
  const challenge = isBrowser(asking.request) ? bearer : [BASIC, bearer];
  return new Refusal(error, {
    headers: { ...FORM_REFERRER, 'WWW-Authenticate': challenge },
    page: () => loginPage(next, problem),
  });
}

/** A link that opens nothing, or nothing any more: no password opens more of it, so none is asked for. */
export function linkRefused(error: SealiftError): Refusal {
  const challenge = error.code === 'UNAUTHORIZED' ? { 'WWW-Authenticate': 'Bearer realm="Sealift"' } : {};
  return new Refusal(error, { headers: challenge, page: shareRefusalPage });
}
