import { expect, test } from 'vitest';
import { WIRE_CODES } from '#sealift/errors/codes.js';
import { SealiftError } from '#sealift/errors/sealift-error.js';
import { fromFailure, toFailure } from '#sealift/protocol/messages/failure.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

test.each(WIRE_CODES)('%s there and back', (code) => {
  const failure = toFailure(new SealiftError(code, 'what: why'));
  expect(failure).toEqual({ ok: false, code, message: 'what: why' });
  expect(fromFailure(failure)).toMatchObject({ code, message: 'what: why' });
});

test('a broken protocol is BAD_REQUEST', () => {
  expect(toFailure(new ProtocolError('bad frame'))).toEqual({
    ok: false,
    code: 'BAD_REQUEST',
    message: 'bad frame',
  });
});

test.each([
  new Error("ENOENT: no such file, open '/srv/secret'"),
  new SealiftError('LOCAL_IO', '/srv/secret: failed'),
  new SealiftError('PERMISSION', '/srv/secret: permission denied'),
  new SealiftError('ABORTED', 'interrupted'),
  '/srv/secret',
  undefined,
])('%s keeps what it says to itself', (error) => {
  expect(toFailure(error)).toEqual({ ok: false, code: 'INTERNAL', message: 'the server failed' });
});

test('a message is one printable line, sent and received', () => {
  const evil = 'a\u001b[2J\n\u202egnp';
  const shown = 'a\\x1b[2J\\n\\u{202e}gnp';
  expect(toFailure(new SealiftError('NOT_FOUND', evil)).message).toBe(shown);
  expect(fromFailure({ ok: false, code: 'NOT_FOUND', message: evil }).message).toBe(shown);
});

test('a long message is cut, and not through a character', () => {
  expect(toFailure(new SealiftError('NOT_FOUND', 'x'.repeat(60_000))).message).toBe('x'.repeat(400));
  expect(toFailure(new SealiftError('NOT_FOUND', `${'x'.repeat(399)}😀`)).message).toBe('x'.repeat(399));
  expect(toFailure(new SealiftError('NOT_FOUND', `${'x'.repeat(398)}😀`)).message).toBe(
    `${'x'.repeat(398)}😀`,
  );
  expect(fromFailure({ ok: false, code: 'BUSY', message: `${'x'.repeat(399)}😀` }).message).toBe(
    'x'.repeat(399),
  );
});

test.each(['LATER', '', 'not_found', 'USAGE', 'ABORTED', '__proto__'])('code %j is INTERNAL', (code) => {
  expect(fromFailure({ ok: false, code, message: 'why' })).toMatchObject({
    code: 'INTERNAL',
    message: 'why',
  });
});

test('without a message the code speaks', () => {
  expect(fromFailure({ ok: false, code: 'BUSY' }).message).toBe('the server answered BUSY');
  expect(fromFailure({ ok: false, code: 'BUSY', message: '' }).message).toBe('the server answered BUSY');
});
