import type { IncomingMessage } from 'node:http';

/**
 * The token of a request: as it is (`Bearer`, RFC 6750, section 2.1; nowhere else than in the header), or as the password of any user (`Basic`, RFC 7617, in
 * UTF-8). Without a password the user is taken for it, as in `https://TOKEN@HOST`. Null if there is none: that is no guess.
 */
export function tokenIn({ headers: { authorization = '' } }: IncomingMessage): string | null {
  const [, scheme = '', rest = ''] = /^([A-Za-z]+) +([^ ]+) *$/.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return rest;
  if (!/^basic$/i.test(scheme)) return null;
  const pair = Buffer.from(rest, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 0) return null;
  return pair.slice(colon + 1) || pair.slice(0, colon) || null;
}
