import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatServerUrl, parseServerLink, parseServerUrl } from '#sealift/client/index.js';

const HEX = '0123456789abcdef'.repeat(4);

test.each([
  ['localhost', { host: 'localhost', port: 9696 }],
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['[::1]:9000', { host: '::1', port: 9000 }],
  ['sealift://example.org', { host: 'example.org', port: 9696, tls: false }],
  ['sealift://Example.ORG:80/', { host: 'example.org', port: 80, tls: false }],
  ['sealift://[fe80::1]', { host: 'fe80::1', port: 9696, tls: false }],
  ['sealift://münchen.example', { host: 'xn--mnchen-3ya.example', port: 9696, tls: false }],
  ['sealifts://example.org:443', { host: 'example.org', port: 443, tls: true }],
  [`sealifts://example.org#sha256:${HEX}`, { host: 'example.org', port: 9696, tls: true, fingerprint: HEX }],
  [`host#sha256:${HEX.toUpperCase()}`, { host: 'host', port: 9696, tls: true, fingerprint: HEX }],
])('%s', (text, address) => {
  expect(parseServerLink(text)).toStrictEqual({ address });
  expect(parseServerUrl(text)).toStrictEqual(address);
});

test.each([
  ['s3cret@host', { token: 's3cret' }],
  ['sealift://s3cret@host:1', { token: 's3cret' }],
  ['sealifts://somebody:s3cret@host', { token: 's3cret' }],
  ['sealifts://:s3%2Fcr%C3%A9t@host', { token: 's3/crét' }],
  ['http://host:1/.sealift/share/a.B-_~9/', { share: 'a.B-_~9' }],
  [`https://host/.sealift/share/capability#sha256:${HEX}`, { share: 'capability' }],
  ['sealift://host/.sealift/share/capability/', { share: 'capability' }],
])('%s holds a secret, which is not in the address', (text, secrets) => {
  const { address, ...found } = parseServerLink(text);
  expect(found).toStrictEqual(secrets);
  expect(JSON.stringify(address)).not.toContain(Object.values(secrets)[0]);
});

test.each([
  ['http://example.org:9696/', { host: 'example.org', port: 9696, tls: false }],
  ['http://example.org', { host: 'example.org', port: 80, tls: false }],
  ['https://example.org/', { host: 'example.org', port: 443, tls: true }],
])('an address of a browser is one in a share link: %s', (text, address) => {
  expect(parseServerUrl(`${text.replace(/\/$/, '')}/.sealift/share/abc/`)).toStrictEqual(address);
});

test.each([
  '',
  'sealift://',
  'ftp://example.org',
  'http://example.org',
  'https://token@example.org:9696/',
  'host:0',
  'host:70000',
  'host:x',
  'sealift://host/path',
  'sealift://host?x=1',
  'sealift://host#x',
  'sealift://%ff',
  'sealift://a%00b',
  'sealift://%ff@host',
  `sealift://host#sha256:${HEX}`,
  `sealifts://host#sha256:${HEX}0`,
  '::1',
  'a b',
])('%j is no server', (text) => {
  expect(() => parseServerLink(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

const hosts = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => new URL(`http://[${address}]`).hostname.slice(1, -1)),
);

test('what is formatted is parsed as what it was', () => {
  const addresses = fc.record(
    { host: hosts, port: fc.integer({ min: 1, max: 65_535 }), tls: fc.boolean() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(addresses, (address) => {
      expect(parseServerUrl(formatServerUrl(address))).toStrictEqual(address);
    }),
  );
});

test('a token of any letters comes out as it went in', () => {
  fc.assert(
    fc.property(hosts, fc.string({ minLength: 1, unit: 'grapheme' }), (host, token) => {
      fc.pre(token.isWellFormed());
      const place = host.includes(':') ? `[${host}]` : host;
      expect(parseServerLink(`sealifts://${encodeURIComponent(token)}@${place}`)).toStrictEqual({
        address: { host, port: 9696, tls: true },
        token,
      });
    }),
  );
});

test('no refusal tells a secret, whatever is wrong with the rest', () => {
  const schemes = fc.constantFrom('', 'sealift://', 'sealifts://', 'http://', 'nonsense://');
  const users = fc.constantFrom('', 'S3CRET@', 'user:S3CRET@', 'S3/CRET?S3CRET#S3CRET@', '@S3CRET@');
  const places = fc.oneof(fc.constantFrom('host:0', 'host:x', '%ff', '[::', 'host', ''), hosts);
  const paths = fc.constantFrom(
    '',
    '/.sealift/share/S3CRET/x',
    '/%2esealift/share/S3CRET',
    '?S3CRET',
    '#S3CRET',
  );
  fc.assert(
    fc.property(schemes, users, places, paths, (...parts) => {
      try {
        parseServerLink(parts.join(''));
      } catch (error) {
        const { code, message, cause } = error as Error & { code: string };
        expect({ code, cause }).toEqual({ code: 'USAGE', cause: undefined });
        expect(message).not.toMatch(/S3|CRET/);
      }
    }),
  );
});
