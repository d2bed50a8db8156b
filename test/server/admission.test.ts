import { expect, test } from 'vitest';
import { Admission, isLoopback } from '#sealift/server/admission.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';

const limits = { ...DEFAULT_LIMITS, maxConnections: 10, maxConnectionsPerAddress: 3 };

test('loopback is 127.0.0.0/8 and ::1, also written as IPv6', () => {
  for (const address of ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'])
    expect(isLoopback(address)).toBe(true);
  for (const address of ['128.0.0.1', '10.0.0.1', '0.0.0.0', '::', '::2', '::ffff:10.0.0.1', 'fe80::1']) {
    expect(isLoopback(address)).toBe(false);
  }
});

test('case 38: one address cannot take the places of the others', () => {
  const admission = new Admission(limits);
  for (let at = 0; at < 3; at++) admission.enter('192.0.2.1');
  expect(() => admission.enter('192.0.2.1')).toThrow(expect.objectContaining({ code: 'BUSY' }));
  admission.enter('192.0.2.2');
  admission.leave('192.0.2.1');
  admission.enter('192.0.2.1');
  expect(() => admission.enter('192.0.2.1')).toThrow(expect.objectContaining({ code: 'BUSY' }));
});

test('loopback is excepted from the limit of one address, not from that of all', () => {
  const admission = new Admission(limits);
  for (let at = 0; at < 10; at++) admission.enter('127.0.0.1');
  for (const address of ['127.0.0.1', '192.0.2.1']) {
    expect(() => admission.enter(address)).toThrow(expect.objectContaining({ code: 'BUSY' }));
  }
  admission.leave('127.0.0.1');
  admission.enter('192.0.2.1');
});

test('who was refused has taken no place', () => {
  const admission = new Admission({ ...limits, maxConnections: 2, maxConnectionsPerAddress: 1 });
  admission.enter('192.0.2.1');
  for (let at = 0; at < 5; at++) expect(() => admission.enter('192.0.2.1')).toThrow();
  admission.enter('192.0.2.2');
  admission.leave('192.0.2.2');
  admission.leave('192.0.2.1');
  admission.enter('192.0.2.3');
  admission.enter('192.0.2.4');
});
