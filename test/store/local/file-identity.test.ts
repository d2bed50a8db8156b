import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type FileIdentity,
  identityOf,
  isYoung,
  mtimeMs,
  sameIdentity,
  sameSizeAndMtime,
} from '#sealift/store/local/file-identity.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const at = (mtimeNs: bigint): FileIdentity => ({ dev: 1n, ino: 2n, size: 3n, mtimeNs, ctimeNs: 5n });

test.each([
  [0n, 0],
  [998_999n, 0],
  [999_000n, 1],
  [1_000_000n, 1],
  [-1n, 0],
  [-1_001n, -1],
  [677_999_000n, 678],
  [677_998_999n, 677],
  [-1_000_000n, -1],
  [-1_001_001n, -2],
  [1_767_225_600_123_456_789n, 1_767_225_600_123],
])('%d ns are %d ms, rounded down also before 1970', (ns, ms) => {
  expect(mtimeMs(at(ns))).toBe(ms);
});

test('a file from before 1970 has its negative mtime', () => {
  const path = join(tempFolder(), 'old');
  writeFileSync(path, '');
  // As a Date: Node takes a negative number for now.
  utimesSync(path, new Date(-86_400_500), new Date(-86_400_500));
  expect(mtimeMs(identityOf(statSync(path, { bigint: true })))).toBe(-86_400_500);
});

test('each field tells a version from another, size and mtime those that do not hide', () => {
  const one = at(7n);
  expect(sameIdentity(one, { ...one })).toBe(true);
  for (const field of ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const) {
    const other = { ...one, [field]: one[field] + 1n };
    expect(sameIdentity(one, other)).toBe(false);
    expect(sameSizeAndMtime(one, other)).toBe(field !== 'size');
  }
  // To a millisecond, either way: a time that is put back may be rounded.
  for (const [apart, isSame] of [
    [999_999n, true],
    [1_000_000n, false],
  ] as const) {
    expect(sameSizeAndMtime(at(0n), at(apart))).toBe(isSame);
    expect(sameSizeAndMtime(at(0n), at(-apart))).toBe(isSame);
  }
});

test('young is a file written less than 2 s ago, or dated so little ahead', () => {
  const now = 1_767_225_600_000;
  const written = (ms: number) => at(BigInt(ms) * 1_000_000n);
  expect(isYoung(written(now), now)).toBe(true);
  expect(isYoung(written(now - 1_999), now)).toBe(true);
  expect(isYoung(written(now - 2_000), now)).toBe(false);
  expect(isYoung(written(now + 1_999), now)).toBe(true);
  expect(isYoung(written(now + 2_000), now)).toBe(false);
});
