import { expect, test } from 'vitest';
import { damageOf, describeDamage, looksLikeZeros } from '#sealift/client/damage.js';
import { someBytes } from '../helpers/files.js';

const RIGHT = someBytes(10_000, 77);

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(RIGHT);
  change(bytes);
  return bytes;
}

function flip(bytes: Buffer, at: number, mask: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ mask;
}

test('nothing is wrong with the right bytes', () => {
  expect(damageOf(Buffer.from(RIGHT), RIGHT)).toBeNull();
  expect(damageOf(Buffer.alloc(0), Buffer.alloc(0))).toBeNull();
});

test.each([0, 5_000, RIGHT.length - 1])('a flipped bit at %d', (at) => {
  const damage = damageOf(
    changed((bytes) => flip(bytes, at, 0x40)),
    RIGHT,
  );
  expect(damage).toEqual({ kind: 'flipped bits', bits: 1, start: at, end: at + 1 });
  expect(damage && describeDamage(damage)).toBe('1 flipped bit');
});

test('several bits in several places', () => {
  const bytes = changed((bytes) => {
    flip(bytes, 100, 0x81);
    flip(bytes, 9_000, 0x01);
  });
  const damage = damageOf(bytes, RIGHT);
  expect(damage).toEqual({ kind: 'flipped bits', bits: 3, start: 100, end: 9_001 });
  expect(damage && describeDamage(damage)).toBe('3 flipped bits');
});

test('zeros: a sector of them', () => {
  const bytes = changed((bytes) => bytes.fill(0, 512, 1_024));
  expect(damageOf(bytes, RIGHT)).toMatchObject({ kind: 'zeros' });
  const { start, end } = damageOf(bytes, RIGHT) ?? { start: 0, end: 0 };
  expect(start).toBeGreaterThanOrEqual(512);
  expect(end).toBeLessThanOrEqual(1_024);
});

test('cut: bytes are missing, and what follows has moved up', () => {
  const moved = Buffer.concat([RIGHT.subarray(0, 3_000), RIGHT.subarray(3_010), someBytes(10, 5)]);
  expect(damageOf(moved, RIGHT)).toMatchObject({ kind: 'cut', start: 3_000 });
  expect(damageOf(RIGHT.subarray(0, 9_000), RIGHT)).toMatchObject({
    kind: 'cut',
    start: 9_000,
    end: RIGHT.length,
  });
});

test('inserted bytes: what follows has moved down', () => {
  const moved = Buffer.concat([RIGHT.subarray(0, 3_000), someBytes(10, 5), RIGHT.subarray(3_000, -10)]);
  expect(damageOf(moved, RIGHT)).toMatchObject({ kind: 'inserted bytes', start: 3_000 });
});

test('other data', () => {
  const damage = damageOf(
    changed((bytes) => someBytes(2_000, 6).copy(bytes, 4_000)),
    RIGHT,
  );
  expect(damage).toMatchObject({ kind: 'other data', bits: 0 });
  expect(damage && describeDamage(damage)).toBe('other data');
});

test('a sector of zeros shows, with nothing to compare it with', () => {
  expect(looksLikeZeros(RIGHT)).toBe(false);
  expect(looksLikeZeros(Buffer.alloc(511))).toBe(false);
  expect(looksLikeZeros(changed((bytes) => bytes.fill(0, 1_024, 1_536)))).toBe(true);
  expect(looksLikeZeros(changed((bytes) => bytes.fill(0, 1_100, 1_500)))).toBe(false);
});
