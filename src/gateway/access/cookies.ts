import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** Other servers of the same host may have planted some, too. */
const SAME_NAME_MAX = 4;

/** The values of the cookies of this name. */
export function cookiesIn({ headers: { cookie = '' } }: IncomingMessage, name: string): string[] {
  const start = `${name}=`;
  const found = cookie.split(/; */).filter((pair) => pair.startsWith(start));
  return found.slice(0, SAME_NAME_MAX).map((pair) => pair.slice(start.length));
}

/** The connection is encrypted. */
export function isSecure({ socket }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

/** What a cookie says besides its name and value: no script sees it, and it does not go where it can be listened to. */
export function cookieRules(
  request: IncomingMessage,
  { path, sameSite, maxAge }: { path: string; sameSite: 'Strict' | 'Lax'; maxAge?: number },
): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`;
  return `; Path=${path}${age}; HttpOnly; SameSite=${sameSite}${isSecure(request) ? '; Secure' : ''}`;
}
