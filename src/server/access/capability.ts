import { createHmac, timingSafeEqual } from 'node:crypto';
import { SHARE_MAX } from '../../protocol/index.js';

/** What a share link opens, as it is written in the link itself. */
export interface Capability {
  /** 12 hex digits. */
  id: string;
  pattern: string;
  /** Milliseconds since the Unix epoch, of which whole seconds are kept; null: never. */
  expiresAt: number | null;
  /** Null: without end. */
  uses: number | null;
}

const VERSION = 1;
const PATTERN_AT = 14;
/** 128 bits of an HMAC cannot be guessed; in base64url they take this many characters. */
const MAC = 16;
const MAC_TEXT = 22;

/** Layout: docs/protocol.md, Share links. */
export function signCapability({ id, pattern, expiresAt, uses }: Capability, key: Buffer): string {
  const head = Buffer.alloc(PATTERN_AT);
  head.writeUInt8(VERSION, 0);
  head.write(id, 1, 'hex');
  head.writeUIntBE(expiresAt === null ? 0 : Math.floor(expiresAt / 1_000), 7, 5);
  head.writeUInt16BE(uses ?? 0, 12);
  const text = Buffer.concat([head, Buffer.from(pattern)]).toString('base64url');
  return text + macOf(text, key);
}

/** Null for what was not signed with `key`. */
export function readCapability(capability: string, key: Buffer): Capability | null {
  // Rule: the signature is compared first, and in constant time; nothing is read of what somebody else wrote.
  if (capability.length > SHARE_MAX || capability.length <= MAC_TEXT) return null;
  const text = capability.slice(0, -MAC_TEXT);
  const given = Buffer.from(capability.slice(-MAC_TEXT));
  const right = Buffer.from(macOf(text, key));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < PATTERN_AT || bytes.readUInt8(0) !== VERSION) return null;
  const seconds = bytes.readUIntBE(7, 5);
  return {
    id: bytes.toString('hex', 1, 7),
    pattern: bytes.toString('utf8', PATTERN_AT),
    expiresAt: seconds === 0 ? null : seconds * 1_000,
    uses: bytes.readUInt16BE(12) || null,
  };
}

/** Of the text and not of the bytes that it stands for: the same bytes can be written in more than one way. */
function macOf(text: string, key: Buffer): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, MAC).toString('base64url');
}
