import { expect, test } from 'vitest';
import { abortedError, SealiftError, systemCode } from '#sealift/errors/sealift-error.js';

test('carries a stable code, a message and a cause', () => {
  const cause = new Error('below');
  const error = new SealiftError('NOT_FOUND', 'no such file', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'SealiftError', code: 'NOT_FOUND', message: 'no such file', cause });
});

test('an aborted operation has the same code whatever the reason was', () => {
  expect(abortedError()).toMatchObject({ code: 'ABORTED', message: 'interrupted' });
  expect(abortedError(AbortSignal.abort('why'))).toMatchObject({ code: 'ABORTED', cause: 'why' });
});

test('systemCode reads codes of all kinds of values', () => {
  expect(systemCode(Object.assign(new Error(), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(systemCode(new SealiftError('BUSY', ''))).toBe('BUSY');
  for (const other of [null, undefined, 'ENOENT', 5, {}, { code: 20 }, new Error('x')]) {
    expect(systemCode(other)).toBeUndefined();
  }
});
