import { expect, test } from 'vitest';
import { localPath, pathAskedFor } from '#sealift/gateway/access/next-path.js';
import { parseTarget } from '#sealift/gateway/request-target.js';

test.each(['/', '/a', '/a/b%20c/', '/a?search=x&after=y%2Fz', '/%5Cx', '/.//evil.example'])(
  '%s is on this server',
  (path) => {
    expect(localPath(path)).toBe(path);
    expect(new URL(path, 'http://own.example').host).toBe('own.example');
  },
);

test.each([
  '',
  'a',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/a\\..\\b',
  '/\t/evil.example',
  '/\n/evil.example',
  '/a\r\nSet-Cookie: x=y',
  '/a b',
  '/ä',
  '/\u2028',
  ' /a',
  'http://evil.example/',
  'javascript:alert(1)',
  `/${'a'.repeat(2_048)}`,
])('%j is not', (path) => {
  expect(localPath(path)).toBe('/');
});

test.each([
  ['/a%20b.txt', '/a%20b.txt'],
  ['/sub/?search=a%26b&token=secret&x=1', '/sub/?search=a%26b'],
  ['http://other.example/sub/', '/sub/'],
  ['/%5c%5cevil.example', '/%5C%5Cevil.example'],
])('who asks for %s goes on to %s', (target, path) => {
  expect(pathAskedFor(parseTarget(target))).toBe(path);
});
