import type { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { browserAddresses } from '#sealift/cli/browser-addresses.js';

type Interfaces = ReturnType<typeof networkInterfaces>;

function interfaces(addresses: Record<string, string[]>): Interfaces {
  return Object.fromEntries(
    Object.entries(addresses).map(([name, all]) => [name, all.map((address) => ({ address }) as never)]),
  );
}

const PORT = 9696;

test('an address that was named is the one', () => {
  const of = (host: string) => browserAddresses({ host, port: PORT });
  expect(of('127.0.0.1')).toEqual(['http://127.0.0.1:9696/']);
  expect(of('192.168.1.5')).toEqual(['http://192.168.1.5:9696/']);
  expect(of('::1')).toEqual(['http://[::1]:9696/']);
  expect(of('fd00::5%eth0')).toEqual(['http://[fd00::5]:9696/']);
});

test('of all addresses: private ones of a real interface first, then public ones, then those of containers; none that leads nowhere', () => {
  const all = interfaces({
    lo: ['127.0.0.1', '::1'],
    docker0: ['172.17.0.1'],
    'br-5f1': ['172.18.0.1', 'fd01::1'],
    wan0: ['203.0.113.7', '2001:db8::7', 'fe80::7'],
    wlan0: ['192.168.1.5', 'fe80::5'],
    eth1: ['169.254.3.4'],
  });
  expect(browserAddresses({ host: '0.0.0.0', port: PORT }, all)).toEqual([
    'http://192.168.1.5:9696/',
    'http://203.0.113.7:9696/',
    'http://172.17.0.1:9696/',
    'http://172.18.0.1:9696/',
  ]);
  expect(browserAddresses({ host: '::', port: PORT }, all).slice(0, 3)).toEqual([
    'http://192.168.1.5:9696/',
    'http://203.0.113.7:9696/',
    'http://[2001:db8::7]:9696/',
  ]);
});

test('a machine without any other address has its own', () => {
  expect(browserAddresses({ host: '0.0.0.0', port: PORT }, interfaces({ lo: ['127.0.0.1'] }))).toEqual([
    'http://127.0.0.1:9696/',
  ]);
});
