import { expect, test } from 'vitest';
import { isWireCode, WIRE_CODES } from '#sealift/errors/codes.js';

test('the codes that travel are those of the specification', () => {
  expect([...WIRE_CODES].sort()).toEqual([
    'BAD_REQUEST',
    'BUSY',
    'CHANGED',
    'CONFLICT',
    'CORRUPT',
    'FORBIDDEN',
    'INTERNAL',
    'NOT_FOUND',
    'RANGE',
    'TIMEOUT',
    'TOO_LARGE',
    'UNAUTHORIZED',
    'UNSUPPORTED',
    'VERSION',
  ]);
  for (const code of WIRE_CODES) expect(isWireCode(code)).toBe(true);
});

test.each(['ABORTED', 'NETWORK', 'PROTOCOL', 'not_found', '', 'toString', '__proto__', 5, null, undefined])(
  '%s does not travel',
  (code) => {
    expect(isWireCode(code)).toBe(false);
  },
);
