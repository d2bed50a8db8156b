import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTarget, pathOf } from '#sealift/gateway/request-target.js';

test.each([
  ['/', 'folder', ''],
  ['/a', 'file', 'a'],
  ['/a/', 'folder', 'a'],
  ['/a%20b/c%23.png?x=1?2', 'file', 'a b/c#.png'],
  ['/%C3%B6', 'file', 'ö'],
  ['http://host:9696/a/b?', 'file', 'a/b'],
  ['HTTPS://host', 'folder', ''],
  // Names of nothing: no dots are resolved, and no slashes left out.
  ['/../a', 'file', '../a'],
  ['/a/%2e%2e/b', 'file', 'a/../b'],
  ['//evil', 'file', '/evil'],
])('%s', (target, kind, name) => {
  expect(parseTarget(target)).toMatchObject({ kind, name });
});

test.each([
  ['/.sealift/share/CAP/', 'folder', ''],
  // Sent to where it has its slash, as a folder is.
  ['/.sealift/share/CAP', 'file', ''],
  ['/.sealift/share/CAP/a/b%20c?x', 'file', 'a/b c'],
  ['/.sealift/share/CAP/a/', 'folder', 'a'],
  ['http://host/.sealift/share/CAP/a', 'file', 'a'],
])('%s is of a link', (target, kind, name) => {
  const [share, base] = ['CAP', '/.sealift/share/CAP'];
  expect(parseTarget(target)).toMatchObject({ kind, name, share, base });
});

test.each(['/a', '/.sealift/share', '/.sealift/shares/CAP/', '/x/.sealift/share'])(
  '%s is of none',
  (target) => expect(parseTarget(target)).toMatchObject({ share: null, base: '' }),
);

test.each([
  '/x/.sealift/share/CAP',
  '//.sealift/share/CAP/',
  '/.sealift/share/CAP/.sealift/share/CAP/',
  '/.sealift/share/CAP//',
  '/.sealift/share/',
])('%s names nothing: a capability is no part of a name', (target) =>
  expect(() => parseTarget(target)).toThrow(expect.objectContaining({ message: 'no name is written so' })),
);

test('what stands behind the question mark', () => {
  expect(parseTarget('/?after=a%2Fb&limit=5').query.get('after')).toBe('a/b');
});

test.each(['/a%2Fb', '/%2f', '//', '/a%2f/', '/a%2F%2E%2E'])('%s names nothing', (target) => {
  expect(() => parseTarget(target)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
});

test('the host of a whole address', () => {
  expect(parseTarget('http://files.example:80/a').authority).toBe('files.example:80');
  expect(parseTarget('/http://files.example/a').authority).toBeUndefined();
});

test.each(['/%', '/%ff', '/%c3', 'a', '*', 'ftp://host/a'])('%s cannot be read', (target) => {
  expect(() => parseTarget(target)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});

test('the path of a name leads back to it, and never to another host', () => {
  const name = fc
    .array(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('/')),
      { minLength: 1 },
    )
    .map((segments) => segments.join('/'));
  fc.assert(
    fc.property(name, (name) => {
      const path = pathOf(name);
      expect(parseTarget(path)).toMatchObject({ kind: 'file', name });
      expect(path).toMatch(/^\/[^/]/);
      expect(path).toMatch(/^[\x21-\x7e]+$/);
      expect(path).not.toMatch(/["'<>\\?#]/);
    }),
  );
});
