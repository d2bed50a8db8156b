import { expect, test } from 'vitest';
import { parseInterim, parseReply, type ReplyKind } from '#sealift/protocol/messages/reply.js';
import { ProtocolError } from '#sealift/protocol/protocol-error.js';

type Header = Record<string, unknown>;

const MD5 = '0123456789abcdef0123456789abcdef';
const GET = { ok: true, name: 'a', type: 'text/plain', size: 5, md5: MD5, mtime: -1, offset: 0, length: 5 };
const STAT = { ok: true, name: 'a', type: 'text/plain', size: 5, md5: MD5, mtime: 0 };
const MANIFEST = {
  ok: true,
  name: 'a',
  size: 1_048_577,
  md5: MD5,
  digest: 'blake3',
  chunkSize: 1_048_576,
  count: 2,
  length: 64,
};
const HELLO = {
  ok: true,
  version: 1,
  server: 'sealift/0.1.0',
  limits: { name: 1_024 },
  capabilities: ['get'],
};
const REPLIES: [ReplyKind, Header][] = [
  ['get', GET],
  ['get', { ...GET, id: 7 }],
  ['get', { ...GET, offset: 2, length: 3 }],
  ['get', { ...GET, offset: 5, length: 0 }],
  ['get', { ...GET, md5: null, deferred: true }],
  ['trailer', { ok: true, md5: MD5 }],
  ['stat', STAT],
  ['list', { ok: true, count: 0, length: 0, next: null }],
  ['list', { ok: true, count: 1_000, length: 4_096_000, next: 'a' }],
  ['ping', { ok: true, payload: 'ahoy' }],
  ['manifest', MANIFEST],
  ['hello', HELLO],
];

test.each(REPLIES)('a %s reply: %o', (kind, header) => {
  expect(parseReply(kind, header)).toEqual(header);
  expect(parseReply(kind, { ...header, later: 1 })).toEqual(header);
});

test.each(REPLIES)('a %s reply without any one of its fields', (kind, header) => {
  for (const field of Object.keys(header)) {
    if (field === 'id') continue;
    const { [field]: _, ...rest } = header;
    expect(() => parseReply(kind, rest), field).toThrow(ProtocolError);
  }
});

test.each([
  ['get', { ...GET, size: -1 }],
  ['get', { ...GET, size: 5.5 }],
  ['get', { ...GET, size: '5' }],
  ['get', { ...GET, size: 2 ** 53 }],
  ['get', { ...GET, size: Number.POSITIVE_INFINITY }],
  ['get', { ...GET, length: 6 }],
  ['get', { ...GET, offset: 1 }],
  ['get', { ...GET, offset: 2 ** 53 - 1, length: 2 ** 53 - 1, size: 2 ** 53 - 1 }],
  ['get', { ...GET, md5: null }],
  ['get', { ...GET, md5: null, deferred: false }],
  ['get', { ...GET, deferred: true }],
  ['get', { ...GET, md5: '' }],
  ['get', { ...GET, md5: MD5.toUpperCase() }],
  ['get', { ...GET, md5: 'd41d8cd98f00b204e9800998ecf8427' }],
  ['get', { ...GET, name: 5 }],
  ['get', { ...GET, mtime: 0.5 }],
  ['get', { ...GET, ok: 'true' }],
  ['get', { ...GET, ok: 1 }],
  ['get', { ...GET, ok: null }],
  ['trailer', { ok: true, md5: null }],
  ['trailer', { ok: true, md5: 'x' }],
  ['stat', { ...STAT, md5: null }],
  ['stat', { ...STAT, size: -1 }],
  ['stat', { ...STAT, root: MD5 }],
  ['stat', { ...STAT, root: 'A'.repeat(64) }],
  ['manifest', { ...MANIFEST, count: 1 }],
  ['manifest', { ...MANIFEST, count: 1, length: 32 }],
  ['manifest', { ...MANIFEST, count: 3, length: 96 }],
  ['manifest', { ...MANIFEST, length: 63 }],
  ['manifest', { ...MANIFEST, chunkSize: 0 }],
  ['manifest', { ...MANIFEST, digest: 'sha256' }],
  ['list', { ok: true, count: 1_001, length: 0, next: null }],
  ['list', { ok: true, count: 0, length: 4_096_001, next: null }],
  ['list', { ok: true, count: 0, length: 0, next: 5 }],
  ['ping', { ok: true, payload: 'x'.repeat(1_025) }],
  ['hello', { ...HELLO, version: '1' }],
  ['hello', { ...HELLO, capabilities: [1] }],
  ['hello', { ...HELLO, limits: [] }],
] as [ReplyKind, Header][])('%s: %o breaks the protocol', (kind, header) => {
  expect(() => parseReply(kind, header)).toThrow(ProtocolError);
  expect(() => parseReply(kind, header)).toThrow(/^bad reply: [^\n]+$/);
});

test('a failure frame is thrown as its code, whatever was asked', () => {
  for (const [kind] of REPLIES) {
    const reply = () => parseReply(kind, { ok: false, code: 'NOT_FOUND', message: 'no such file: a' });
    expect(reply).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message: 'no such file: a' }));
  }
});

test('a failure frame that is none', () => {
  for (const header of [{ ok: false }, { ok: false, code: 5 }, { ok: false, code: 'BUSY', message: 5 }]) {
    expect(() => parseReply('get', header)).toThrow(ProtocolError);
  }
});

test('limits named __proto__ pollute nothing', () => {
  const header = JSON.parse(
    JSON.stringify(HELLO).replace('"name"', '"__proto__":{"polluted":1},"name"'),
  ) as Header;
  const { limits } = parseReply('hello', header);
  expect(limits.name).toBe(1_024);
  expect((limits as Header).polluted).toBeUndefined();
  expect(({} as Header).polluted).toBeUndefined();
});

test('interim frames', () => {
  expect(parseInterim({ hashing: { done: 1, size: 5 } })).toEqual({ done: 1, size: 5 });
  expect(parseInterim({ id: 7, hashing: { done: 1, size: 5 } })).toEqual({ done: 1, size: 5 });
  for (const other of [STAT, {}, { ok: false, code: 'BUSY' }, { ...STAT, hashing: { done: 1, size: 5 } }]) {
    expect(parseInterim(other)).toBeNull();
  }
  for (const hashing of [null, 5, {}, { done: 1 }, { done: -1, size: 5 }, { done: '1', size: 5 }]) {
    expect(() => parseInterim({ hashing })).toThrow(ProtocolError);
  }
});
