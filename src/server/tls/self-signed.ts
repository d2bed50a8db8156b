import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { bits, der, explicit, integer, isTrue, octets, oid, sequence, set, time, utf8 } from './der.js';

const DAY_MS = 86_400_000;
/** Clients remember it by its digest, so it changes as seldom as may be: as with the keys of SSH, a change is an alarm. */
const VALID_DAYS = 3_650;
/** Clocks differ. */
const EARLIER_MS = DAY_MS;

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const COMMON_NAME_MAX = 64;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const EXTENSIONS = {
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  names: '2.5.29.17',
  constraints: '2.5.29.19',
  extendedUsage: '2.5.29.37',
};
const DNS_NAME = /^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/i;

/** A new private key for {@link selfSigned}: EC P-256, PKCS #8, PEM. */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * A certificate for this key that vouches for itself (X.509 v3, RFC 5280): for localhost, loopback, and the host's name; PEM.
 * @param key EC P-256, PEM
 * @param now when its time begins, in milliseconds
 */
export function selfSigned(key: string, hostname: string, now = Date.now()): string {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const algorithm = sequence(oid(ECDSA_SHA256));
  const name = nameOf(hostname);
  const certificate = sequence(
    explicit(0, integer(Buffer.from([2]))),
    // Rule: not negative, and of at most 20 bytes (section 4.1.2.2).
    integer(randomBytes(16)),
    algorithm,
    name,
    sequence(time(new Date(now - EARLIER_MS)), time(new Date(now + VALID_DAYS * DAY_MS))),
    name,
    publicKey,
    explicit(3, extensions(publicKey, hostname)),
  );
  const signature = sign('sha256', certificate, privateKey);
  return pem(sequence(certificate, algorithm, bits(signature)));
}

function extensions(publicKey: Buffer, hostname: string): Buffer {
  const keyId = createHash('sha256').update(publicKey).digest().subarray(0, 20);
  return sequence(
    extension(EXTENSIONS.names, namesOf(hostname)),
    // Rule: it vouches for no other certificate.
    extension(EXTENSIONS.constraints, sequence(), true),
    extension(EXTENSIONS.keyUsage, bits(Buffer.from([0x80]), 7), true),
    extension(EXTENSIONS.extendedUsage, sequence(oid(SERVER_AUTH))),
    extension(EXTENSIONS.subjectKey, octets(keyId)),
  );
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [isTrue()] : []), octets(value));
}

function namesOf(hostname: string): Buffer {
  const dnsNames = new Set(['localhost', ...(DNS_NAME.test(hostname) ? [hostname.toLowerCase()] : [])]);
  const addresses = [Buffer.from([127, 0, 0, 1]), Buffer.from([...Array(15).fill(0), 1])];
  return sequence(
    ...[...dnsNames].map((dnsName) => der(0x82, Buffer.from(dnsName, 'latin1'))),
    ...addresses.map((address) => der(0x87, address)),
  );
}

function nameOf(hostname: string): Buffer {
  const text = [...(hostname || 'localhost')].slice(0, COMMON_NAME_MAX).join('');
  return sequence(set(sequence(oid(COMMON_NAME), utf8(text))));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
