import { X509Certificate } from 'node:crypto';
import { newPrivateKey, selfSigned } from '#sealift/server/index.js';

/** A certificate for a campaign that goes over TLS. */
export function newCertificate() {
  const key = newPrivateKey();
  return { cert: selfSigned(key, 'campaign'), key };
}

/**
 * The same place over TLS, with the server's fingerprint; behind a proxy too, which sees nothing but what is encrypted.
 * @param {string} url
 * @param {{ cert: string } | null} certificate null for none
 */
export function linkTo(url, certificate) {
  if (certificate === null) return url;
  const fingerprint = new X509Certificate(certificate.cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return `${url.replace(/^sealifts?:/, 'sealifts:').replace(/#.*/, '')}#sha256:${fingerprint}`;
}
