import type { X509Certificate } from 'node:crypto';
import { SealiftError } from '../../errors/index.js';
import { formatServerUrl, type ServerAddress } from '../server-url.js';
import type { KnownServers } from './known-servers.js';

/** What a server has shown of itself in a handshake. */
export interface ShownCertificate {
  certificate: X509Certificate | undefined;
  /** Why it is no certificate for this host that an authority of this system vouches for; null if it is one. */
  fault: string | null;
}

const FAULTS: Record<string, string> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet; is the clock right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host',
  SELF_SIGNED_CERT_IN_CHAIN: 'is vouched for by nobody whom this system knows',
  UNABLE_TO_GET_ISSUER_CERT: 'is vouched for by nobody whom this system knows',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is vouched for by nobody whom this system knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is vouched for by nobody whom this system knows',
};

/**
 * Whether this is the server that was asked for. In this order: by the fingerprint that the user gave; by an authority; by being the one
 * that was there before; and, for one that vouches for itself, by being met for the first time. Nothing else will do.
 * @throws SealiftError UNTRUSTED
 */
export function judgeCertificate(
  { certificate, fault }: ShownCertificate,
  address: ServerAddress,
  known: KnownServers | undefined,
): void {
  const url = formatServerUrl(address);
  if (certificate === undefined)
    throw new SealiftError('UNTRUSTED', `${url}: the server shows no certificate`);
  const shown = fingerprintOf(certificate);
  if (address.fingerprint !== undefined) {
    if (shown === address.fingerprint) return;
    throw new SealiftError(
      'UNTRUSTED',
      `${url}: THIS IS NOT THE SERVER OF THE LINK: its certificate is sha256:${shown}, the link says sha256:${address.fingerprint}; ` +
        'somebody may be in between, or it has a new certificate: ask its owner for a new link',
    );
  }
  if (fault === null) return;
  const before = known?.fingerprintOf(address);
  if (before !== undefined) {
    if (shown === before) return;
    throw new SealiftError(
      'UNTRUSTED',
      `${url}: THE CERTIFICATE HAS CHANGED: it is sha256:${shown}, and was sha256:${before}; somebody may be in between, ` +
        `or the server was set up anew: if its owner confirms the new one, take its line out of ${known?.place}`,
    );
  }
  // By its own signature, and not by what it says of itself.
  if (!certificate.verify(certificate.publicKey))
    throw untrusted(address, FAULTS[fault] ?? `cannot be verified (${fault})`, shown);
  const now = Date.now();
  if (now > Date.parse(certificate.validTo)) throw untrusted(address, 'has expired', shown);
  if (now < Date.parse(certificate.validFrom)) {
    throw untrusted(address, 'is not valid yet; is the clock right?', shown);
  }
  if (known === undefined) throw untrusted(address, 'is vouched for by nobody but itself', shown);
  known.remember(address, shown);
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function untrusted(address: ServerAddress, says: string, shown: string): SealiftError {
  const url = formatServerUrl(address);
  const hint = `if its owner confirms it, connect to ${url}#sha256:${shown}`;
  return new SealiftError('UNTRUSTED', `${url}: the server's certificate ${says}; ${hint}`);
}
