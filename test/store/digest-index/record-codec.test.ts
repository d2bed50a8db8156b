import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from '#sealift/store/digest-index/record-codec.js';

const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** As Node tells numbers of devices and inodes. */
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const YEAR_1900 = BigInt(Date.UTC(1900, 0, 1)) * 1_000_000n;
const time = fc.bigInt({ min: YEAR_1900, max: YEAR_1900 + 2n ** 64n - 1n });
const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
const hex = (length: number) => bytesOf(length).map((bytes) => bytes.toString('hex'));
const record = fc.record({
  identity: fc.record({ dev: signed, ino: signed, size: unsigned, mtimeNs: time, ctimeNs: time }),
  md5: fc.option(hex(16)),
  root: fc.option(hex(32)),
  onlyChunk: fc.option(bytesOf(32)),
  verifiedAt: fc.option(fc.maxSafeInteger()),
  rotten: fc.boolean(),
});

test('every record comes back as it was', () => {
  fc.assert(
    fc.property(record, (value) => {
      expect(decodeRecord(encodeRecord(value))).toEqual(value);
    }),
  );
});

test('a record with any bit flipped, or of another length, is not believed', () => {
  fc.assert(
    fc.property(record, fc.nat(), fc.nat(7), (value, at, bit) => {
      const bytes = encodeRecord(value);
      bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit);
      expect(decodeRecord(bytes)).toBeUndefined();
      expect(decodeRecord(encodeRecord(value).subarray(1))).toBeUndefined();
    }),
  );
  expect(decodeRecord(Buffer.alloc(0))).toBeUndefined();
});
