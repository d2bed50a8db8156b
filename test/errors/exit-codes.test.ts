import { expect, test } from 'vitest';
import type { ErrorCode } from '#sealift/errors/codes.js';
import { EXIT_BUG, exitCodeOf } from '#sealift/errors/exit-codes.js';

const TABLE: [number, ErrorCode[]][] = [
  [2, ['USAGE']],
  [3, ['NOT_FOUND']],
  [4, ['CORRUPT']],
  [5, ['TIMEOUT', 'INTERNAL', 'NETWORK']],
  [6, ['CHANGED', 'RANGE', 'CONFLICT', 'BUSY', 'TOO_LARGE', 'FORBIDDEN', 'UNAUTHORIZED', 'UNTRUSTED']],
  [7, ['EXISTS', 'NO_SPACE', 'PERMISSION', 'LOCAL_IO']],
  [8, ['BAD_REQUEST', 'UNSUPPORTED', 'VERSION', 'PROTOCOL']],
  [130, ['ABORTED']],
];

test.each(TABLE)('exit code %i', (exitCode, codes) => {
  for (const code of codes) expect(exitCodeOf(code), code).toBe(exitCode);
});

test('a bug has an exit code of its own', () => {
  expect(EXIT_BUG).toBe(1);
  expect(TABLE.map(([exitCode]) => exitCode)).not.toContain(EXIT_BUG);
});
