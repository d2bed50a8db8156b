import { SealiftError } from '../errors/index.js';
import { DEFAULT_PORT } from '../protocol/index.js';

/** Where a server is, and how it is to be known. Nothing in it is secret. */
export interface ServerAddress {
  /** Lower case; an IPv6 address without brackets. */
  host: string;
  port: number;
  /** Whether it is spoken to over TLS; undefined where the user has not said. */
  tls?: boolean;
  /** SHA-256 of the one certificate that it may show, 64 lower-case hex digits. */
  fingerprint?: string;
}

/** What somebody was given to reach a server with. */
export interface ServerLink {
  address: ServerAddress;
  /** Opens all of the server. A secret. */
  token?: string;
  /** Capability of a share link: opens some names. A secret. */
  share?: string;
}

/** The ports that an address of a browser leaves out. */
const SCHEMES: Record<string, { tls: boolean; port: number }> = {
  'sealift:': { tls: false, port: DEFAULT_PORT },
  'sealifts:': { tls: true, port: DEFAULT_PORT },
  'http:': { tls: false, port: 80 },
  'https:': { tls: true, port: 443 },
};
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const SHARE_PATH = /^\/\.sealift\/share\/([\w.~-]{1,2048})\/?$/;
const FINGERPRINT = /^#sha256:([0-9a-f]{64})$/i;

/**
 * The address in what {@link parseServerLink} parses.
 * @throws SealiftError USAGE
 */
export function parseServerUrl(text: string): ServerAddress {
  return parseServerLink(text).address;
}

/**
 * Parses `[SCHEME://][TOKEN@]HOST[:PORT][#sha256:HEX]`, the scheme being sealift or sealifts, with the token also as `USER:TOKEN@`; and share
 * links, which have `/.sealift/share/CAPABILITY/` behind the port, and may be of http or https. An IPv6 address stands in brackets.
 * @throws SealiftError USAGE, without the secrets of the text
 */
export function parseServerLink(text: string): ServerLink {
  const hasScheme = SCHEME.test(text);
  try {
    const url = new URL(hasScheme ? text : `sealift://${text}`);
    const scheme = SCHEMES[url.protocol];
    const [, fingerprint] = FINGERPRINT.exec(url.hash) ?? [];
    const [, share] = SHARE_PATH.exec(url.pathname) ?? [];
    const token = decodeURIComponent(url.password || url.username);
    // Rule: an address of a browser is taken where only a browser's is made: in a share link.
    const isBare = (url.pathname === '' || url.pathname === '/') && !/^http/.test(url.protocol);
    const isPlace = share !== undefined || isBare;
    if (scheme === undefined || !isPlace || url.search !== '' || url.port === '0') throw badUrl(text);
    if (url.hash !== '' && fingerprint === undefined) throw badFingerprint(text);
    // Rule: who names a certificate gets TLS or nothing.
    if (hasScheme && !scheme.tls && fingerprint !== undefined) throw badFingerprint(text);
    const tls = hasScheme ? scheme.tls : fingerprint === undefined ? undefined : true;
    return {
      address: {
        host: hostOf(url),
        port: url.port === '' ? scheme.port : Number(url.port),
        ...(tls === undefined ? {} : { tls }),
        ...(fingerprint === undefined ? {} : { fingerprint: fingerprint.toLowerCase() }),
      },
      ...(token === '' ? {} : { token }),
      ...(share === undefined ? {} : { share }),
    };
  } catch (error) {
    // Node's own errors quote all that was given, secrets included.
    throw error instanceof SealiftError ? error : badUrl(text);
  }
}

/** `sealift://HOST:PORT` or, over TLS, `sealifts://HOST:PORT`. */
export function formatServerUrl({ host, port, tls = false }: ServerAddress): string {
  return `${tls ? 'sealifts' : 'sealift'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** As browsers read it: one way to write each host, so that it is looked up under the name it is remembered by. */
function hostOf({ hostname }: URL): string {
  return new URL(`http://${hostname}`).hostname.replace(/^\[(.*)\]$/, '$1');
}

function badUrl(text: string): SealiftError {
  const says = 'write sealift://HOST[:PORT], sealifts://HOST[:PORT] for TLS, or HOST[:PORT]';
  return new SealiftError('USAGE', `server "${withoutSecrets(text)}": ${says}`);
}

function badFingerprint(text: string): SealiftError {
  const says = 'behind # there may be a fingerprint, as in sealifts://HOST:PORT#sha256:HEX with 64 digits';
  return new SealiftError('USAGE', `server "${withoutSecrets(text)}": ${says}`);
}

/** What may be shown of a text that may hold a token or a capability, wherever they ended up in it. */
function withoutSecrets(text: string): string {
  const [scheme = ''] = SCHEME.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  const user = rest.lastIndexOf('@') + 1;
  const [, place = '', more = ''] = /^([^/?#\\]*)(.*)$/s.exec(rest.slice(user)) ?? [];
  return `${scheme}${user === 0 ? '' : '…@'}${place}${more === '' ? '' : `${more[0]}…`}`;
}
