import { expect, test } from 'vitest';
import { count, md5, mtime, readableId } from '#sealift/protocol/messages/fields.js';

const takes = (rule: (value: unknown) => string | null, value: unknown) => rule(value) === null;

test('count', () => {
  for (const value of [0, 1, 2 ** 53 - 1]) expect(takes(count, value), String(value)).toBe(true);
  for (const value of [-1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN, '0', null, undefined, 0n]) {
    expect(takes(count, value), String(value)).toBe(false);
  }
});

test('2^53+1 in JSON has lost precision and is refused', () => {
  expect(takes(count, JSON.parse('9007199254740993'))).toBe(false);
  expect(takes(count, JSON.parse('1e400'))).toBe(false);
});

test('mtime may be negative', () => {
  for (const value of [0, -1, 1 - 2 ** 53, 2 ** 53 - 1])
    expect(takes(mtime, value), String(value)).toBe(true);
  for (const value of [0.5, 2 ** 53, -(2 ** 53), '1', null])
    expect(takes(mtime, value), String(value)).toBe(false);
});

test('md5 is 32 lower-case hex digits and nothing else', () => {
  expect(takes(md5, '0123456789abcdef0123456789abcdef')).toBe(true);
  for (const value of [
    '',
    '0'.repeat(31),
    '0'.repeat(33),
    'A'.repeat(32),
    `${'0'.repeat(31)}g`,
    `${'0'.repeat(32)}\n`,
    null,
    0,
  ]) {
    expect(takes(md5, value), String(value)).toBe(false);
  }
});

test('an id is readable where the rest is wrong, and only a right one', () => {
  expect(readableId({ id: 7, op: 5 })).toBe(7);
  expect(readableId({ id: 'seven' })).toBe('seven');
  expect(readableId({ id: '' })).toBe('');
  expect(readableId({ id: 0 })).toBe(0);
  for (const id of [null, 1.5, {}, [], true, 2 ** 53, 'x'.repeat(16_383)])
    expect(readableId({ id })).toBeUndefined();
  expect(readableId({})).toBeUndefined();
});
