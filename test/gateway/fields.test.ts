import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentDisposition } from '#sealift/gateway/content-disposition.js';
import { digestFields, wantsSha256 } from '#sealift/gateway/digest-fields.js';
import { escapeMarkup, escapeXml } from '#sealift/gateway/html.js';
import { dispositionOf } from '#sealift/gateway/safe-headers.js';
import { httpDate, isRangeWanted, isUnmodified, isWanted } from '#sealift/gateway/validators.js';

const FOX = '9e107d9d372bb6826bd81d3542a419d6';

test('digests as each of the fields writes them', () => {
  expect(digestFields({ md5: FOX, sha256: null, isWhole: true })).toEqual({
    'Repr-Digest': 'md5=:nhB9nTcrtoJr2B01QqQZ1g==:',
    Digest: 'MD5=nhB9nTcrtoJr2B01QqQZ1g==',
    'Content-MD5': 'nhB9nTcrtoJr2B01QqQZ1g==',
  });
  const part = digestFields({ md5: FOX, sha256: '00'.repeat(32), isWhole: false });
  expect(part).not.toHaveProperty('Content-MD5');
  expect(part['Repr-Digest']).toBe(`md5=:nhB9nTcrtoJr2B01QqQZ1g==:, sha-256=:${'A'.repeat(43)}=:`);
});

test.each([
  ['sha-256=1', true],
  ['md5=5, SHA-256=10', true],
  ['sha-256=0', false],
  ['md5=1', false],
  ['sha-512=3', false],
  [undefined, false],
])('%s wants SHA-256: %s', (field, wants) => {
  expect(wantsSha256(field)).toBe(wants);
});

const version = { etag: '"abc"', mtime: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };
const SAME = 'Fri, 02 Jan 2026 03:04:05 GMT';
const BEFORE = 'Fri, 02 Jan 2026 03:04:04 GMT';

test('a client that has this version is told so', () => {
  expect(isUnmodified({ 'if-none-match': '"x", W/"abc"' }, version)).toBe(true);
  expect(isUnmodified({ 'if-none-match': '*' }, version)).toBe(true);
  expect(isUnmodified({ 'if-modified-since': SAME }, version)).toBe(true);
  expect(isUnmodified({ 'if-modified-since': BEFORE }, version)).toBe(false);
  // The tag decides where there are both.
  expect(isUnmodified({ 'if-none-match': '"x"', 'if-modified-since': SAME }, version)).toBe(false);
  expect(isUnmodified({ 'if-modified-since': 'yesterday' }, version)).toBe(false);
  expect(isUnmodified({}, version)).toBe(false);
});

test('a client that wants this version gets it, and no other', () => {
  expect(isWanted({ 'if-match': '"abc"' }, version)).toBe(true);
  expect(isWanted({ 'if-match': 'W/"abc"' }, version)).toBe(false);
  expect(isWanted({ 'if-match': '"x"' }, version)).toBe(false);
  expect(isWanted({ 'if-unmodified-since': SAME }, version)).toBe(true);
  expect(isWanted({ 'if-unmodified-since': BEFORE }, version)).toBe(false);
  expect(isRangeWanted({ 'if-range': '"abc"' }, version)).toBe(true);
  expect(isRangeWanted({ 'if-range': 'W/"abc"' }, version)).toBe(false);
  expect(isRangeWanted({ 'if-range': SAME }, version)).toBe(true);
  expect(isRangeWanted({ 'if-range': BEFORE }, version)).toBe(false);
});

test('a time that HTTP cannot write is left out', () => {
  expect(httpDate(version.mtime)).toBe(SAME);
  expect(httpDate(8.64e15)).toBeUndefined();
  expect(httpDate(-8.64e15)).toBeUndefined();
});

test('case 91: no name ends its field or begins another', () => {
  expect(contentDisposition('attachment', 'a"b\r\nX: y.png')).toBe(
    `attachment; filename="a_b__X: y.png"; filename*=UTF-8''a%22b%0D%0AX%3A%20y.png`,
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (file) => {
      const field = contentDisposition('inline', file);
      expect(field).toMatch(/^inline; filename="[^"\\\r\n]*"; filename\*=UTF-8''[A-Za-z0-9%._~!-]*$/);
      expect(decodeURIComponent(field.slice(field.lastIndexOf("''") + 2))).toBe(file);
    }),
  );
});

test('case 92: what can run scripts is not shown', () => {
  for (const type of [
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/rss+xml',
    'text/javascript',
  ]) {
    expect(dispositionOf(type), type).toBe('attachment');
  }
  for (const type of ['image/png', 'text/plain', 'application/pdf', 'video/mp4'])
    expect(dispositionOf(type)).toBe('inline');
});

test('case 90: names mean nothing in markup', () => {
  expect(escapeMarkup(`<script>"'&`)).toBe('&lt;script&gt;&quot;&#39;&amp;');
  expect(escapeMarkup('a\0\x1bb')).toBe('a\ufffd\ufffdb');
  // Names may have these, and pages ask by them; XML cannot hold them.
  expect(escapeMarkup('\ufffe\uffff')).toBe('\ufffe\uffff');
  expect(escapeXml('<\0\ufffe\uffff')).toBe('&lt;\ufffd\ufffd\ufffd');
});
