import { X509Certificate } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFolder } from '#sealift/cli/config-folder.js';
import { keptCertificate } from '#sealift/cli/kept-certificate.js';
import { keepOnce } from '#sealift/cli/kept-file.js';
import { selfSigned } from '#sealift/server/index.js';
import { issue } from '../helpers/certificates.js';
import { startServer } from '../helpers/cli.js';
import { tempFolder } from '../helpers/temp-folder.js';

function inFolder(folder = join(tempFolder(), 'sealift')) {
  const said: string[] = [];
  const paths = { cert: join(folder, 'certificate.pem'), key: join(folder, 'private-key.pem') };
  const certificate = () => keptCertificate((line) => said.push(line), folder);
  return { folder, said, paths, certificate };
}

test('the folder is that of the user, and a relative one does not count', () => {
  expect(configFolder({ XDG_CONFIG_HOME: '/x', HOME: '/home/y' })).toBe('/x/sealift');
  expect(configFolder({ XDG_CONFIG_HOME: 'x', HOME: '/home/y' })).toBe('/home/y/.config/sealift');
  expect(configFolder({ HOME: '/home/y' })).toBe('/home/y/.config/sealift');
});

test('made once, for its owner only, and the same from then on', () => {
  const { folder, said, paths, certificate } = inFolder();
  const first = certificate();
  expect(certificate()).toEqual(first);
  expect(statSync(paths.key).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).sort()).toEqual(['certificate.pem', 'private-key.pem']);
  const { subjectAltName, ca, keyUsage } = new X509Certificate(first.cert);
  expect(subjectAltName).toMatch(/^DNS:localhost.*IP Address:127\.0\.0\.1, IP Address:0:0:0:0:0:0:0:1$/);
  expect({ ca, keyUsage }).toEqual({ ca: false, keyUsage: ['1.3.6.1.5.5.7.3.1'] });
  expect(said).toEqual([]);
});

test('servers that begin at once show the same one', async () => {
  const env = { XDG_CONFIG_HOME: tempFolder() };
  const folder = tempFolder();
  const servers = await Promise.all([1, 2, 3].map(() => startServer(folder, ['--tls'], { env })));
  const fingerprints = new Set(servers.map(({ url }) => url.split('#')[1]));
  expect(fingerprints.size).toBe(1);
});

test('made by several at once, it is that of the first', () => {
  const path = join(tempFolder(), 'kept');
  expect(keepOnce(path, 'first')).toBe('first');
  expect(keepOnce(path, 'second')).toBe('first');
});

test('one whose time is over is made anew with its key, and that is said', () => {
  const { said, paths, certificate } = inFolder();
  const { key } = certificate();
  const old = selfSigned(String(key), 'host', 0);
  writeFileSync(paths.cert, old);
  const renewed = certificate();
  expect(renewed.key).toBe(key);
  expect(renewed.cert).not.toBe(old);
  expect(readFileSync(paths.cert, 'utf8')).toBe(renewed.cert);
  expect(said.join()).toMatch(/time of the certificate was over.*will refuse/);
});

test.each<[string, (paths: { cert: string; key: string }) => void]>([
  ['a certificate that was cut short', ({ cert }) => writeFileSync(cert, readFileSync(cert).subarray(0, 99))],
  ['an empty certificate', ({ cert }) => writeFileSync(cert, '')],
  ['a damaged key', ({ key }) => writeFileSync(key, 'x')],
  ['another key', ({ key }) => writeFileSync(key, issue('x').key)],
  ['no key', ({ key }) => rmSync(key)],
])('%s: left for somebody to look at, and no other in its place', (_, damage) => {
  const { paths, certificate } = inFolder();
  certificate();
  damage(paths);
  const before = readFileSync(paths.cert, 'utf8');
  expect(certificate).toThrow(
    expect.objectContaining({
      code: 'LOCAL_IO',
      message: expect.stringMatching(/damaged.*put back.*or remove both/),
    }),
  );
  expect(readFileSync(paths.cert, 'utf8')).toBe(before);
});

test('where it cannot be kept it is in memory, and that is said', () => {
  const taken = join(tempFolder(), 'a-file');
  writeFileSync(taken, '');
  const { said, certificate } = inFolder(join(taken, 'sealift'));
  expect(new X509Certificate(certificate().cert).subjectAltName).toContain('localhost');
  expect(said.join()).toMatch(/in memory.*another one next time/);
});

test('a key that others could read is closed to them, and that is said', () => {
  const { said, paths, certificate } = inFolder();
  certificate();
  chmodSync(paths.key, 0o644);
  certificate();
  expect(statSync(paths.key).mode & 0o777).toBe(0o600);
  expect(said.join()).toMatch(/could be read by others/);
});
