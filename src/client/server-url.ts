import { SealiftError } from '../errors/index.js';
import { DEFAULT_PORT } from '../protocol/index.js';

export interface ServerAddress {
  host: string;
  port: number;
}

/**
 * Parses `sealift://HOST[:PORT]` or `HOST[:PORT]`; an IPv6 address stands in brackets.
 * @throws SealiftError USAGE
 */
export function parseServerUrl(text: string): ServerAddress {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  let url: URL;
  try {
    url = new URL(hasScheme ? text : `sealift://${text}`);
  } catch (cause) {
    throw badUrl(text, cause);
  }
  const isPlain =
    url.protocol === 'sealift:' &&
    url.hostname !== '' &&
    (url.pathname === '' || url.pathname === '/') &&
    url.username === '' &&
    url.search === '' &&
    url.hash === '';
  if (!isPlain || url.port === '0') throw badUrl(text);
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
  };
}

export function formatServerUrl({ host, port }: ServerAddress): string {
  return `sealift://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function badUrl(text: string, cause?: unknown): SealiftError {
  return new SealiftError('USAGE', `server "${text}": write sealift://HOST[:PORT] or HOST[:PORT]`, { cause });
}
