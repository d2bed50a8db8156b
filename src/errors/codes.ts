/** Codes that travel in a failure frame (docs/protocol.md, Failures). */
export const WIRE_CODES = [
  'BAD_REQUEST',
  'UNSUPPORTED',
  'VERSION',
  'NOT_FOUND',
  'CORRUPT',
  'CHANGED',
  'RANGE',
  'CONFLICT',
  'BUSY',
  'TOO_LARGE',
  'FORBIDDEN',
  'UNAUTHORIZED',
  'TIMEOUT',
  'INTERNAL',
] as const;

/** Codes of things that go wrong on this side and never travel. */
const LOCAL_CODES = [
  'USAGE',
  'PROTOCOL',
  'NETWORK',
  'UNTRUSTED',
  'EXISTS',
  'NO_SPACE',
  'PERMISSION',
  'LOCAL_IO',
  'ABORTED',
] as const;

export type WireCode = (typeof WIRE_CODES)[number];
export type ErrorCode = WireCode | (typeof LOCAL_CODES)[number];

const WIRE_CODE_SET: ReadonlySet<string> = new Set(WIRE_CODES);

export function isWireCode(code: unknown): code is WireCode {
  return typeof code === 'string' && WIRE_CODE_SET.has(code);
}
