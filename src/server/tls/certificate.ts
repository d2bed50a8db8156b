import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { SealiftError } from '../../errors/index.js';

/** What a server proves with who it is. */
export interface ServerCertificate {
  /** PEM: the server's own, and behind it those of who vouches for it. */
  cert: string | Buffer;
  /** PEM, without a passphrase. */
  key: string | Buffer;
}

/** Fast first where there are instructions for AES; who has none, and says so, gets ChaCha20. All of them keep earlier sessions secret. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** SHA-256 of the certificate itself, 64 lower-case hex digits. */
function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/**
 * What Node's TLS wants to know, and the fingerprint.
 * @throws SealiftError USAGE for what is no certificate, no key, or does not fit
 */
export function tlsSettings({ cert, key }: ServerCertificate): {
  settings: SecureContextOptions;
  fingerprint: string;
  /** It vouches for itself, so that nothing but its fingerprint tells whose it is. */
  isSelfSigned: boolean;
} {
  const certificate = readCertificate(cert);
  if (!certificate.checkPrivateKey(readKey(key))) {
    throw new SealiftError('USAGE', 'TLS: the private key is that of another certificate');
  }
  const settings: SecureContextOptions = {
    cert,
    key,
    ciphers: CIPHERS,
    minVersion: 'TLSv1.2',
    honorCipherOrder: true,
  };
  try {
    createSecureContext(settings);
  } catch (cause) {
    const says = `TLS: the certificate cannot be used (${(cause as Error).message})`;
    throw new SealiftError('USAGE', says, { cause });
  }
  return {
    settings,
    fingerprint: fingerprintOf(certificate),
    isSelfSigned: certificate.verify(certificate.publicKey),
  };
}

/** @throws SealiftError USAGE */
export function readCertificate(cert: string | Buffer): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (cause) {
    throw new SealiftError('USAGE', 'TLS: the certificate is none in PEM, or is damaged', { cause });
  }
}

function readKey(key: string | Buffer): KeyObject {
  try {
    return createPrivateKey(key);
  } catch (cause) {
    const isLocked = (cause as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE';
    const says = isLocked
      ? 'TLS: the private key has a passphrase; take it off with: openssl pkey -in KEY -out NEW'
      : 'TLS: the private key is none in PEM, or is damaged';
    throw new SealiftError('USAGE', says, { cause });
  }
}
