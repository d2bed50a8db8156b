import { expect, test } from 'vitest';
import { HostCheck } from '#sealift/gateway/host-check.js';

const check = new HostCheck(['Files.Example']);
const isAllowed = (host: string | undefined, origin?: string, local = '192.168.1.5') => {
  try {
    check.require({ host, origin, localAddress: local });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'FORBIDDEN' });
    return false;
  }
};

test.each([
  'localhost',
  'LOCALHOST:9696',
  '127.0.0.1:9696',
  '127.1.2.3',
  '[::1]:80',
  '192.168.1.5:9696',
  'files.example',
  'files.example.:8080',
])('%s is a name of this server', (host) => {
  expect(isAllowed(host)).toBe(true);
  expect(isAllowed(host, `http://${host}`)).toBe(true);
});

test.each([
  'evil.example',
  'localhost.evil.example',
  'evil.example:9696',
  '192.168.1.6',
  '10.0.0.1:80',
  '[::2]',
  '',
  'files.example.evil',
  'localhost@evil.example',
  '127.0.0.1.evil.example',
])('%s is none', (host) => {
  expect(isAllowed(host)).toBe(false);
  expect(isAllowed('localhost', `http://${host}`)).toBe(false);
});

test('no host is what old programs send; a page of no origin is none of this server', () => {
  expect(isAllowed(undefined)).toBe(true);
  for (const origin of ['null', 'file://', 'chrome-extension://abc', 'http://localhost/x']) {
    expect(isAllowed('localhost', origin)).toBe(false);
  }
});

test('the address that was connected to, also as sockets for both families tell it', () => {
  expect(isAllowed('10.1.2.3:9696', undefined, '::ffff:10.1.2.3')).toBe(true);
  expect(isAllowed('[fe80::1]', undefined, 'fe80::1%eth0')).toBe(true);
});
