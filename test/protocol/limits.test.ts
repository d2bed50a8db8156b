import { expect, test } from 'vitest';
import * as limits from '#sealift/protocol/limits.js';
import { encodeEntry } from '#sealift/protocol/messages/entry.js';

test('the numbers are those of the specification', () => {
  expect({ ...limits }).toEqual({
    PROTOCOL_VERSION: 1,
    DEFAULT_PORT: 9_696,
    FRAME_PREFIX: 4,
    HEADER_MIN: 2,
    HEADER_MAX: 65_536,
    HEADER_DEPTH_MAX: 16,
    NAME_MAX: 1_024,
    SEGMENT_MAX: 255,
    PATTERN_MAX: 1_024,
    PATTERN_ALTERNATIVES_MAX: 64,
    ID_MAX: 16_384,
    LIST_MAX: 1_000,
    PING_MAX: 1_024,
    ARGUMENTS_MAX: 1_024,
    SHARE_MAX: 2_048,
    SESSION_MAX: 128,
    SHARE_SECONDS_MAX: 315_360_000,
    SHARE_USES_MAX: 1_000,
    SHARES_BODY_MAX: 8_192_000,
    LIST_BODY_MAX: 4_096_000,
  });
});

test('a full page of the longest entries fits the longest listing', () => {
  const line = encodeEntry({
    name: '"'.repeat(limits.NAME_MAX),
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.glossary+xml',
    size: Number.MAX_SAFE_INTEGER,
    md5: 'f'.repeat(32),
    mtime: Number.MIN_SAFE_INTEGER,
  });
  expect(Buffer.byteLength(line) * limits.LIST_MAX).toBeLessThanOrEqual(limits.LIST_BODY_MAX);
});
