import { expect, test } from 'vitest';
import { mustUseTls } from '#sealift/server/tls/plain-peers.js';

const far = { isTls: false, address: '192.0.2.1' };
const secret = { hasToken: true, isInsecure: false };

test('a secret is told over TLS, or on one machine, or by who says so', () => {
  expect(mustUseTls(far, secret)).toBe(true);
  expect(mustUseTls({ ...far, isTls: true }, secret)).toBe(false);
  expect(mustUseTls({ ...far, address: '127.0.0.1' }, secret)).toBe(false);
  expect(mustUseTls({ ...far, address: '::ffff:127.0.0.1' }, secret)).toBe(false);
  expect(mustUseTls(far, { ...secret, isInsecure: true })).toBe(false);
  expect(mustUseTls(far, { ...secret, hasToken: false })).toBe(false);
});
