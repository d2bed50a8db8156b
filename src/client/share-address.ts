import { parseServerUrl, type ServerAddress } from './server-url.js';

const DEFAULT_PORTS = { http: 80, https: 443 };

/** The link to what `capability` opens, as a browser and a client take it. */
export function formatShareLink(
  { host, port, tls = false, fingerprint }: ServerAddress,
  capability: string,
): string {
  const scheme = tls ? 'https' : 'http';
  const place = `${host.includes(':') ? `[${host}]` : host}${port === DEFAULT_PORTS[scheme] ? '' : `:${port}`}`;
  const pin = fingerprint === undefined ? '' : `#sha256:${fingerprint}`;
  return `${scheme}://${place}/.sealift/share/${capability}/${pin}`;
}

/**
 * The address of the server at `own` for those who reach it as `text`: `HOST` and `HOST:PORT` leave the rest as it is, an address with a
 * scheme says all of it.
 * @throws SealiftError USAGE
 */
export function addressAs(text: string, own: ServerAddress): ServerAddress {
  const hasScheme = text.includes('://');
  // An IPv6 address may come as it is.
  const plain = !hasScheme && /^[^[\]]*:[^[\]]*:/.test(text) ? `[${text}]` : text;
  // Browsers' addresses are those of links.
  const place = /^https?:/i.test(text) ? `${text.replace(/\/$/, '')}/.sealift/share/-` : plain;
  const { host, port, ...rest } = parseServerUrl(place);
  if (hasScheme) return { host, port, ...rest };
  return { ...own, host, port: /:\d+$/.test(plain) ? port : own.port };
}
