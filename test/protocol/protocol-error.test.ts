import { expect, test } from 'vitest';
import { exitCodeOf } from '#sealift/errors/exit-codes.js';
import { SealiftError } from '#sealift/errors/sealift-error.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

test('is a SealiftError of code PROTOCOL', () => {
  const cause = new Error('below');
  const error = new ProtocolError('bad frame', { cause });
  expect(error).toBeInstanceOf(SealiftError);
  expect(error).toMatchObject({ code: 'PROTOCOL', message: 'bad frame', cause });
  expect(exitCodeOf(error.code)).toBe(8);
});
