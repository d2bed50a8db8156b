import type { IncomingMessage } from 'node:http';

/** A browser that goes to a page says that it wants HTML; what follows links and says nothing of the kind is to find no scripts. */
export function wantsHtml({ headers: { accept = '' } }: IncomingMessage): boolean {
  return /\btext\/html\b/i.test(accept);
}

/**
 * A browser asks, be it for a part of its page: it would answer a challenge of Basic with a window of its own, and not with the form.
 * File managers call themselves browsers too, and mount by PROPFIND.
 */
export function isBrowser({ method, headers }: IncomingMessage): boolean {
  if (method === 'PROPFIND' || method === 'OPTIONS') return false;
  return (
    /\btext\/html\b/i.test(headers.accept ?? '') ||
    headers['sec-fetch-mode'] !== undefined ||
    (headers['user-agent'] ?? '').startsWith('Mozilla/')
  );
}
