import { lowerName } from './dns-message.js';

/** RFC 6763, section 7. */
export const SERVICE_TYPE = '_sealift._tcp.local';

/** RFC 1035, 2.3.4: bytes of one label, which a name is. */
const LABEL_MAX = 63;
/** So that `-2` and more fits behind it. */
const BASE_MAX = 56;

/** What is announced of a server beside where it is. */
export interface ServiceText {
  version: string;
  /** SHA-256 of its certificate, 64 hex digits; null without TLS. */
  fingerprint: string | null;
  needsToken: boolean;
}

export interface HeardText {
  version: string | null;
  /** A hint and no more: anybody on the network can announce anything. */
  fingerprint: string | null;
  needsToken: boolean;
  tls: boolean;
}

/** True for what can be written behind `-s`, and be told from an address. */
export function isServiceName(text: string): boolean {
  if (text === '' || text.length > LABEL_MAX || Buffer.byteLength(text) > LABEL_MAX) return false;
  return /^(?!\s)(?!localhost$)[^\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}.:/@\\#?%[\]]+(?<!\s)$/iu.test(text);
}

/** The name of a machine, or of a folder, as one that can be announced. */
export function serviceNameOf(text: string): string {
  const [label = ''] = text.split('.');
  const name = label.replace(/[^\p{L}\p{N}_-]/gu, '-').slice(0, BASE_MAX);
  return isServiceName(name) ? name : 'sealift';
}

/** `nas`, `nas-2`, `nas-3`: one word each, to be typed behind `-s`. */
export function numberedName(name: string, count: number): string {
  if (count === 1) return name;
  const suffix = `-${count}`;
  let base = name;
  while (Buffer.byteLength(base) + suffix.length > LABEL_MAX) base = base.replace(/.$/su, '');
  return base + suffix;
}

export function fullNameOf(name: string): string {
  return `${name}.${SERVICE_TYPE}`;
}

/** The name that an announced one begins with; null if it is none of Sealift's. */
export function nameOf(fullName: string): string | null {
  const suffix = `.${SERVICE_TYPE}`;
  if (fullName.length > 255 || !lowerName(fullName).endsWith(suffix)) return null;
  const name = fullName.slice(0, -suffix.length);
  return name === '' || Buffer.byteLength(name) > LABEL_MAX ? null : name;
}

/** RFC 6763, section 6: `key=value`, each at most 255 bytes. */
export function textFields({ version, fingerprint, needsToken }: ServiceText): Record<string, string> {
  return {
    v: version,
    ...(fingerprint === null ? {} : { fp: fingerprint }),
    auth: needsToken ? 'token' : 'none',
    tls: fingerprint === null ? '0' : '1',
  };
}

/** Takes what is right of it; of a key that is there twice the first one counts (RFC 6763, 6.4). */
export function readText(strings: readonly Buffer[]): HeardText {
  const fields = new Map<string, string>();
  for (const string of strings.slice(0, 32)) {
    const [, key, value] = /^(v|fp|auth|tls)=([ -~]{0,64})$/i.exec(string.toString('latin1')) ?? [];
    const name = key?.toLowerCase();
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value);
  }
  const tls = fields.get('tls') === '1';
  const fingerprint = fields.get('fp') ?? '';
  return {
    version: fields.get('v') || null,
    fingerprint: tls && /^[0-9a-f]{64}$/.test(fingerprint) ? fingerprint : null,
    // What does not say that it is open is not.
    needsToken: fields.get('auth') !== 'none',
    tls,
  };
}
