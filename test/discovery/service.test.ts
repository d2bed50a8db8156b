import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isServiceName,
  nameOf,
  numberedName,
  readText,
  serviceNameOf,
  textFields,
} from '#sealift/discovery/service.js';

const FINGERPRINT = 'ab'.repeat(32);

function read(...texts: string[]) {
  return readText(texts.map((text) => Buffer.from(text)));
}

test.each(['nas', 'Büro 2', 'nas (2)', 'a'.repeat(63)])('%s is a name', (name) => {
  expect(isServiceName(name)).toBe(true);
  expect(nameOf(`${name}._SEALIFT._tcp.local`)).toBe(name);
});

test.each([
  ...[
    '',
    'localhost',
    'LocalHost',
    'nas.local',
    'a:1',
    'a/b',
    'a@b',
    'a#b',
    ' a',
    'a ',
    'a'.repeat(64),
    'ü'.repeat(32),
  ],
  ...['../../x', '\x1b[31m', 'a\nb', 'a\u202eb', '[::1]', 'a?b', 'a%41', 'a\\b'],
])('%j is none', (name) => expect(isServiceName(name)).toBe(false));

test('a text of any length is looked at', () => {
  expect(isServiceName('a'.repeat(100_000))).toBe(false);
  expect(nameOf(`${'a'.repeat(100_000)}._sealift._tcp.local`)).toBeNull();
});

test('a name that is not of Sealift, or too long, is none of a server', () => {
  for (const name of [
    'nas._http._tcp.local',
    '._sealift._tcp.local',
    `${'a'.repeat(64)}._sealift._tcp.local`,
  ]) {
    expect(nameOf(name), name).toBeNull();
  }
});

test('the name of any machine becomes one that can be announced, and its numbers too', () => {
  expect(serviceNameOf('nas.example.org')).toBe('nas');
  expect(serviceNameOf('')).toBe('sealift');
  expect(serviceNameOf('localhost')).toBe('sealift');
  const character = fc.integer({ min: 0, max: 0x10_ffff }).map((code) => String.fromCodePoint(code));
  const text = fc.array(character, { maxLength: 100 }).map((all) => all.join(''));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 2 ** 32 }), (text, count) => {
      expect(isServiceName(numberedName(serviceNameOf(text), count))).toBe(true);
    }),
  );
  expect(numberedName('nas', 1)).toBe('nas');
  expect(numberedName('ü'.repeat(31), 12)).toBe(`${'ü'.repeat(30)}-12`);
});

test('what is announced is read again', () => {
  const texts = (fields: Record<string, string>) =>
    Object.entries(fields).map(([key, value]) => `${key}=${value}`);
  const open = { version: '1.2.3', fingerprint: null, needsToken: false };
  expect(read(...texts(textFields(open)))).toEqual({ ...open, tls: false });
  const closed = { version: '1.2.3', fingerprint: FINGERPRINT, needsToken: true };
  expect(read(...texts(textFields(closed)))).toEqual({ ...closed, tls: true });
});

test('of what is announced only what is right is taken', () => {
  const nothing = { version: null, fingerprint: null, needsToken: true, tls: false };
  expect(read()).toEqual(nothing);
  expect(read('v=\x1b[31m', 'fp=zz', 'auth=perhaps', 'tls=yes', 'x=y', '=', '')).toEqual(nothing);
  expect(read(`v=${'1'.repeat(65)}`, `fp=${FINGERPRINT}`)).toEqual(nothing);
  expect(read('tls=1', `fp=${FINGERPRINT.toUpperCase()}`).fingerprint).toBeNull();
  expect(read('v=1', 'V=2').version).toBe('1');
});
