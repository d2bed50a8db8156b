import { expect, test } from 'vitest';
import { formatServerUrl, parseServerUrl } from '#sealift/client/index.js';

test.each([
  ['localhost', 'localhost', 9696],
  ['sealift://example.org', 'example.org', 9696],
  ['sealift://example.org:1234', 'example.org', 1234],
  ['sealift://example.org:1234/', 'example.org', 1234],
  ['127.0.0.1:80', '127.0.0.1', 80],
  ['[::1]:9000', '::1', 9000],
  ['sealift://[fe80::1]', 'fe80::1', 9696],
])('%s', (text, host, port) => {
  expect(parseServerUrl(text)).toEqual({ host, port });
  expect(parseServerUrl(formatServerUrl({ host, port }))).toEqual({ host, port });
});

test.each([
  '',
  'http://example.org',
  'sealift://',
  'host:0',
  'host:70000',
  'host:x',
  'sealift://user@host',
  'sealift://host/path',
  'sealift://host?x=1',
  'sealift://host#x',
  '::1',
  'a b',
])('%j is no server', (text) => {
  expect(() => parseServerUrl(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
