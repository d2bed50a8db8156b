import { randomBytes } from 'node:crypto';
import type { Asking } from './asking.js';
import { cookieRules, cookiesIn } from './cookies.js';

const NAME = 'sealift-share';
/** 16 bytes. */
const SESSION = /^[\w-]{22}$/;

/** The session that a request through a share link belongs to: all that a browser fetches is one use of the link. */
export function shareSessionIn({ request }: Asking): string | undefined {
  return cookiesIn(request, NAME).find((value) => SESSION.test(value));
}

/** Begins one. It is kept until the browser ends, goes to the link's own path alone, and also comes along where the link is followed from another site. */
export function beginShareSession({ request, response, target }: Asking): void {
  const value = randomBytes(16).toString('base64url');
  const rules = cookieRules(request, { path: target.base, sameSite: 'Lax' });
  response.setHeader('Set-Cookie', `${NAME}=${value}${rules}`);
}
