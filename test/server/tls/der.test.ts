import fc from 'fast-check';
import { expect, test } from 'vitest';
import { der, integer, oid, time } from '#sealift/server/tls/der.js';

const hex = (bytes: Buffer) => bytes.toString('hex');

test('values as X.690 has them', () => {
  expect(hex(integer(Buffer.from([0])))).toBe('020100');
  expect(hex(integer(Buffer.from([0, 0, 127])))).toBe('02017f');
  expect(hex(integer(Buffer.from([128])))).toBe('02020080');
  expect(hex(oid('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
  expect(hex(time(new Date('2049-12-31T23:59:59.9Z')))).toBe(
    `170d${Buffer.from('491231235959Z').toString('hex')}`,
  );
  expect(hex(time(new Date('2050-01-01T00:00:00Z')))).toBe(
    `180f${Buffer.from('20500101000000Z').toString('hex')}`,
  );
});

test('lengths are as short as may be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), (length) => {
      const bytes = der(4, Buffer.alloc(length));
      const digits = bytes.subarray(1, bytes.length - length);
      const [first = 0, ...more] = digits;
      const told = first < 0x80 ? first : Buffer.from(more).readUIntBE(0, first - 0x80);
      expect(told).toBe(length);
      expect(more.length).toBe(length < 0x80 ? 0 : length < 0x100 ? 1 : 2);
    }),
  );
});
