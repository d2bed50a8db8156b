import { expect, test } from 'vitest';
import { parseExpectedDigest } from '#sealift/digest/expected-digest.js';

const HEX = 'ABCDEF0123456789abcdef0123456789';

test.each([
  [`md5:${HEX}`, 'md5', HEX],
  [`MD5:${HEX}`, 'md5', HEX],
  [`sha256:${HEX}${HEX}`, 'sha256', HEX + HEX],
  [`blake3:${HEX}${HEX}`, 'blake3', HEX + HEX],
])('%s', (text, algorithm, hex) => {
  expect(parseExpectedDigest(text)).toEqual({ algorithm, hex: hex.toLowerCase() });
});

test.each([
  ['', 'write md5:HEX'],
  [HEX, 'write md5:HEX'],
  [`sha1:${HEX}`, 'write md5:HEX'],
  [`:${HEX}`, 'write md5:HEX'],
  [`md5:${HEX}:`, 'write md5:HEX'],
  [`md5: ${HEX}`, '32 hex digits'],
  ['md5:', '32 hex digits'],
  [`md5:${HEX.slice(1)}`, '32 hex digits'],
  [`md5:${HEX}0`, '32 hex digits'],
  [`md5:${HEX.slice(1)}g`, '32 hex digits'],
  [`md5:${HEX.slice(1)}\n`, '32 hex digits'],
  [`sha256:${HEX}`, '64 hex digits'],
  [`blake3:${HEX}`, '64 hex digits'],
])('%j is refused, and told what is wrong', (text, says) => {
  expect(() => parseExpectedDigest(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => parseExpectedDigest(text)).toThrow(says);
});
