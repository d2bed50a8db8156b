import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Capability, readCapability, signCapability } from '#sealift/server/access/capability.js';

const key = randomBytes(32);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const someCapability = fc.record({
  id: fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  pattern: fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => Buffer.byteLength(text) <= 1_024),
  expiresAt: fc.oneof(
    fc.constant(null),
    fc.integer({ min: 1, max: 2 ** 40 - 1 }).map((seconds) => seconds * 1_000),
  ),
  uses: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 1_000 })),
});

test('what was signed is read as it was', () => {
  fc.assert(
    fc.property(someCapability, (capability) => {
      const text = signCapability(capability, key);
      expect(text).toMatch(/^[\w-]{41,2048}$/);
      expect(readCapability(text, key)).toEqual(capability);
      expect(readCapability(text, randomBytes(32))).toBeNull();
    }),
  );
});

const PLAIN: Capability = {
  id: '0123456789ab',
  pattern: 'reports/**',
  expiresAt: 1_800_000_000_000,
  uses: 3,
};

test('a short pattern makes a link that fits a QR code', () => {
  expect(signCapability(PLAIN, key).length).toBeLessThan(80);
});

test('changed in any character to any other, cut, or made longer, it is none', () => {
  const text = signCapability(PLAIN, key);
  for (let at = 0; at < text.length; at++) {
    for (const letter of `${LETTERS}=+/. é`) {
      if (letter === text[at]) continue;
      const other = text.slice(0, at) + letter + text.slice(at + 1);
      expect(readCapability(other, key), `${at} ${letter}`).toBeNull();
    }
    expect(readCapability(text.slice(0, at), key), `cut at ${at}`).toBeNull();
    expect(readCapability(text.slice(at + 1), key), `cut before ${at}`).toBeNull();
    expect(readCapability(`${text.slice(0, at)}A${text.slice(at)}`, key), `longer at ${at}`).toBeNull();
  }
  for (const end of ['=', '==', ' ', '\0', '\n', 'A'.repeat(5_000)]) {
    expect(readCapability(text + end, key)).toBeNull();
  }
});

test('nothing that somebody makes up is one, nor makes it throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      (text) => readCapability(text, key) === null,
    ),
  );
});
