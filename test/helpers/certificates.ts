import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { newPrivateKey } from '#sealift/server/index.js';
import {
  bits,
  der,
  explicit,
  integer,
  isTrue,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
} from '#sealift/server/tls/der.js';

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

export interface Issued {
  cert: string;
  key: string;
  /** 64 lower-case hex digits. */
  fingerprint: string;
}

interface Wishes {
  /** Default: itself. */
  issuer?: Issued & { name: string };
  /** DNS names and IPv4 addresses. */
  names?: string[];
  /** Days from now. */
  from?: number;
  to?: number;
}

const nameOf = (text: string) => sequence(set(sequence(oid('2.5.4.3'), utf8(text))));
const isAddress = (name: string) => /^[\d.]+$/.test(name);
const extension = (id: string, value: Buffer) => sequence(oid(id), isTrue(), octets(value));

/** A certificate with whatever is wrong with it that a test needs. */
export function issue(
  name: string,
  { issuer, names = [], from = -1, to = 30 }: Wishes = {},
): Issued & { name: string } {
  const key = newPrivateKey();
  const publicKey = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' });
  const altNames = names.map((name) =>
    isAddress(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
  );
  // Without names it is one that vouches for others.
  const extensions =
    names.length === 0
      ? extension('2.5.29.19', sequence(isTrue()))
      : extension('2.5.29.17', sequence(...altNames));
  const at = (days: number) => time(new Date(Date.now() + days * DAY_MS));
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.from([1])),
    ECDSA_SHA256,
    nameOf(issuer?.name ?? name),
    sequence(at(from), at(to)),
    nameOf(name),
    publicKey,
    explicit(3, sequence(extensions)),
  );
  const signature = sign('sha256', content, issuer?.key ?? key);
  const bytes = sequence(content, ECDSA_SHA256, bits(signature));
  const cert = `-----BEGIN CERTIFICATE-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
  const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { name, cert, key, fingerprint };
}
