import type { Grant } from './context.js';

/** Never shown as itself: it could run scripts as if it were part of the page. */
const ACTIVE =
  /^(?:text\/html|application\/xhtml\+xml|image\/svg\+xml|(?:text|application)\/xml|.*\+xml|text\/xsl|application\/(?:x-)?javascript|text\/javascript|application\/x-shockwave-flash)\b/i;

/** For whatever is answered. */
export const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // A copy is asked about before it is used again: what is right now need not be later.
  'Cache-Control': 'no-cache',
};

export type SafeHeaders = Readonly<typeof SAFE_HEADERS>;

/** The same for what not everybody may see: no cache on the way keeps it, to hand it to others. */
export const PRIVATE_HEADERS: SafeHeaders & { Vary: string } = {
  ...SAFE_HEADERS,
  'Cache-Control': 'private, no-cache',
  Vary: 'Accept, Authorization, Cookie',
};

export function safeHeaders({ kind }: Pick<Grant, 'kind'>): SafeHeaders {
  return kind === 'open' ? SAFE_HEADERS : PRIVATE_HEADERS;
}

/** What a served file may do where a browser shows it: nothing, and it is of no origin. */
export const FILE_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'";

/** What a script of the page may do when it runs as a worker: hash, and ask this server. */
export const SCRIPT_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

export function dispositionOf(type: string): 'inline' | 'attachment' {
  return ACTIVE.test(type) ? 'attachment' : 'inline';
}
