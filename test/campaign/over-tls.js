import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/**
 * Arguments of `serve` for this certificate, whose files are put into the folder.
 * @param {string} folder
 * @param {{ cert: string, key: string } | null} certificate null for a server without TLS
 */
export function certificateFiles(folder, certificate) {
  if (certificate === null) return [];
  const [certFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, certificate.cert);
  writeFileSync(keyFile, certificate.key);
  return ['--tls-cert', certFile, '--tls-key', keyFile];
}
