import { expect, test } from 'vitest';
import { localError } from '#sealift/errors/local-error.js';
import { SealiftError } from '#sealift/errors/sealift-error.js';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something, open '/secret'`), { code });
}

test.each([
  ['ENOSPC', 'NO_SPACE', 'no space left'],
  ['EDQUOT', 'NO_SPACE', 'quota'],
  ['EFBIG', 'NO_SPACE', 'size'],
  ['EACCES', 'PERMISSION', 'permission denied'],
  ['EPERM', 'PERMISSION', 'not permitted'],
  ['EROFS', 'PERMISSION', 'read-only'],
  ['EIO', 'LOCAL_IO', 'input/output'],
  ['EXDEV', 'LOCAL_IO', 'file system'],
  ['EMFILE', 'LOCAL_IO', 'ulimit'],
  ['ENOENT', 'LOCAL_IO', 'no such file'],
  ['ENAMETOOLONG', 'LOCAL_IO', 'too long'],
  ['ENOTDIR', 'EXISTS', 'folder'],
  ['EISDIR', 'EXISTS', 'folder'],
  ['ELOOP', 'EXISTS', 'link'],
])('%s is %s and says what to do', (system, code, says) => {
  const cause = systemError(system);
  const error = localError(cause, 'downloads/a.txt');
  expect(error).toMatchObject({ name: 'SealiftError', code, cause });
  expect(error.message).toMatch(/^downloads\/a\.txt: /);
  expect(error.message).toContain(says);
});

test('a code it has no words for is named', () => {
  const error = localError(systemError('EOWNERDEAD'), 'a');
  expect(error).toMatchObject({ code: 'LOCAL_IO', message: 'a: failed (EOWNERDEAD)' });
});

test('a SealiftError passes through', () => {
  const error = new SealiftError('CORRUPT', 'a: damaged');
  expect(localError(error, 'b')).toBe(error);
});

test.each([new TypeError('a bug'), 'text', undefined, null, { code: 5 }])(
  '%s is no failed operation: thrown on',
  (error) => {
    let thrown: unknown = 'nothing';
    try {
      localError(error, 'a');
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  },
);
