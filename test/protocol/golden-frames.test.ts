import { expect, test } from 'vitest';
import { FrameDecoder } from '#sealift/protocol/frame-decoder.js';
import { encodeFrame } from '#sealift/protocol/frame-encoder.js';
import { decodeEntry, encodeEntry } from '#sealift/protocol/messages/entry.js';
import { parseExecFrame, parseExecInput } from '#sealift/protocol/messages/exec-frames.js';
import { parseInterim, parseReply, type ReplyKind } from '#sealift/protocol/messages/reply.js';
import { parseRequest } from '#sealift/protocol/messages/request.js';

// Frames of version 1, byte for byte. Programs that speak it are out there: a change here is a new version, never
// an edit. Each is parsed as it stands, and what Sealift sends for the same values is exactly these bytes.

const MD5 = '5d41402abc4b2a76b9719d911017c592';

const REQUESTS: [header: Record<string, unknown>, hex: string][] = [
  [{ op: 'get', name: 'girl.png' }, '0000001e7b226f70223a22676574222c226e616d65223a226769726c2e706e67227d'],
  [
    { op: 'get', id: 7, name: 'fotos/Mädchen.png', offset: 1048576, length: 5, ifMd5: MD5 },
    '000000767b226f70223a22676574222c226964223a372c226e616d65223a22666f746f732f4dc3a4646368656e2e706e67222c226f6666736574223a313034383537362c226c656e677468223a352c2269664d6435223a223564343134303261626334623261373662393731396439313130313763353932227d',
  ],
  [
    { op: 'get', id: 'a1', name: 'girl.png', defer: true },
    '000000357b226f70223a22676574222c226964223a226131222c226e616d65223a226769726c2e706e67222c226465666572223a747275657d',
  ],
  [
    { op: 'stat', name: 'girl.png' },
    '0000001f7b226f70223a2273746174222c226e616d65223a226769726c2e706e67227d',
  ],
  [
    { op: 'stat', name: 'girl.png', fresh: true, progress: true },
    '0000003c7b226f70223a2273746174222c226e616d65223a226769726c2e706e67222c226672657368223a747275652c2270726f6772657373223a747275657d',
  ],
  [{ op: 'list' }, '0000000d7b226f70223a226c697374227d'],
  [
    { op: 'list', pattern: '**/*.png', after: 'a.png', limit: 1000 },
    '0000003f7b226f70223a226c697374222c227061747465726e223a222a2a2f2a2e706e67222c226166746572223a22612e706e67222c226c696d6974223a313030307d',
  ],
  [{ op: 'ping', payload: 'ahoy' }, '0000001e7b226f70223a2270696e67222c227061796c6f6164223a2261686f79227d'],
  [
    { op: 'hello', versions: [1], token: 'secret' },
    '0000002e7b226f70223a2268656c6c6f222c2276657273696f6e73223a5b315d2c22746f6b656e223a22736563726574227d',
  ],
  [
    { op: 'exec', argv: ['ls', '-l'] },
    '000000207b226f70223a2265786563222c2261726776223a5b226c73222c222d6c225d7d',
  ],
  [
    { op: 'exec', id: 7, shell: 'ls | wc -l' },
    '000000297b226f70223a2265786563222c226964223a372c227368656c6c223a226c73207c207763202d6c227d',
  ],
];

const REPLIES: [kind: ReplyKind, header: Record<string, unknown>, hex: string][] = [
  [
    'get',
    {
      ok: true,
      name: 'girl.png',
      type: 'image/png',
      size: 5,
      md5: MD5,
      mtime: 1767225600000,
      offset: 0,
      length: 5,
    },
    '0000008e7b226f6b223a747275652c226e616d65223a226769726c2e706e67222c2274797065223a22696d6167652f706e67222c2273697a65223a352c226d6435223a223564343134303261626334623261373662393731396439313130313763353932222c226d74696d65223a313736373232353630303030302c226f6666736574223a302c226c656e677468223a357d',
  ],
  [
    'get',
    {
      ok: true,
      name: 'girl.png',
      type: 'image/png',
      size: 5,
      md5: MD5,
      mtime: 1767225600000,
      offset: 3,
      length: 2,
      id: 7,
    },
    '000000957b226f6b223a747275652c226e616d65223a226769726c2e706e67222c2274797065223a22696d6167652f706e67222c2273697a65223a352c226d6435223a223564343134303261626334623261373662393731396439313130313763353932222c226d74696d65223a313736373232353630303030302c226f6666736574223a332c226c656e677468223a322c226964223a377d',
  ],
  [
    'get',
    {
      ok: true,
      name: 'girl.png',
      type: 'image/png',
      size: 5,
      md5: null,
      mtime: 1767225600000,
      offset: 0,
      length: 5,
      deferred: true,
    },
    '000000807b226f6b223a747275652c226e616d65223a226769726c2e706e67222c2274797065223a22696d6167652f706e67222c2273697a65223a352c226d6435223a6e756c6c2c226d74696d65223a313736373232353630303030302c226f6666736574223a302c226c656e677468223a352c226465666572726564223a747275657d',
  ],
  [
    'trailer',
    { ok: true, md5: MD5 },
    '000000347b226f6b223a747275652c226d6435223a223564343134303261626334623261373662393731396439313130313763353932227d',
  ],
  [
    'stat',
    { ok: true, name: 'girl.png', type: 'image/png', size: 5, md5: MD5, mtime: -1, offset: 0, length: 0 },
    '000000837b226f6b223a747275652c226e616d65223a226769726c2e706e67222c2274797065223a22696d6167652f706e67222c2273697a65223a352c226d6435223a223564343134303261626334623261373662393731396439313130313763353932222c226d74696d65223a2d312c226f6666736574223a302c226c656e677468223a307d',
  ],
  [
    'list',
    { ok: true, count: 1, length: 111, next: null },
    '0000002e7b226f6b223a747275652c22636f756e74223a312c226c656e677468223a3131312c226e657874223a6e756c6c7d',
  ],
  [
    'list',
    { ok: true, count: 1000, length: 111000, next: 'fotos/Mädchen.png' },
    '000000447b226f6b223a747275652c22636f756e74223a313030302c226c656e677468223a3131313030302c226e657874223a22666f746f732f4dc3a4646368656e2e706e67227d',
  ],
  ['ping', { ok: true, payload: 'ahoy' }, '0000001c7b226f6b223a747275652c227061796c6f6164223a2261686f79227d'],
  [
    'hello',
    {
      ok: true,
      version: 1,
      server: 'sealift/0.1.0',
      limits: { header: 65536, name: 1024, list: 1000, ping: 1024, readAhead: 256 },
      capabilities: ['get', 'hello', 'list', 'ping', 'stat', 'get.defer', 'stat.fresh', 'stat.progress'],
    },
    '000000db7b226f6b223a747275652c2276657273696f6e223a312c22736572766572223a227365616c6966742f302e312e30222c226c696d697473223a7b22686561646572223a36353533362c226e616d65223a313032342c226c697374223a313030302c2270696e67223a313032342c22726561644168656164223a3235367d2c226361706162696c6974696573223a5b22676574222c2268656c6c6f222c226c697374222c2270696e67222c2273746174222c226765742e6465666572222c22737461742e6672657368222c22737461742e70726f6772657373225d7d',
  ],
];

const FAILURE =
  '000000427b226f6b223a66616c73652c22636f6465223a224e4f545f464f554e44222c226d657373616765223a226e6f20737563682066696c653a206772696c2e706e67227d';
const INTERIM =
  '000000347b2268617368696e67223a7b22646f6e65223a313034383537362c2273697a65223a393030373139393235343734303939317d7d';
const ENTRY =
  '7b226e616d65223a22666f746f732f4dc3a4646368656e2e706e67222c2274797065223a22696d6167652f706e67222c2273697a65223a352c226d6435223a223564343134303261626334623261373662393731396439313130313763353932222c226d74696d65223a2d312c2276657269666965644174223a313736373331323030303030307d0a';
/** Of a server that does not tell when it was verified. */
const PLAIN_ENTRY =
  '7b226e616d65223a22666f746f732f4dc3a4646368656e2e706e67222c2274797065223a22696d6167652f706e67222c2273697a65223a352c226d6435223a223564343134303261626334623261373662393731396439313130313763353932222c226d74696d65223a2d317d0a';

function headerOf(hex: string): Record<string, unknown> {
  const decoder = new FrameDecoder();
  decoder.push(Buffer.from(hex, 'hex'));
  const event = decoder.next();
  if (event?.kind !== 'header') throw new Error('no header');
  expect(decoder.atBoundary).toBe(true);
  return event.header;
}

test.each(REQUESTS)('request %o', (header, hex) => {
  expect(parseRequest(headerOf(hex))).toEqual(header);
  expect(encodeFrame(header).toString('hex')).toBe(hex);
});

test.each(REPLIES)('%s reply %o', (kind, header, hex) => {
  const { offset, length, ...facts } = header;
  expect(parseReply(kind, headerOf(hex))).toEqual(kind === 'stat' ? facts : header);
  expect(encodeFrame(header).toString('hex')).toBe(hex);
});

test('a failure', () => {
  expect(() => parseReply('get', headerOf(FAILURE))).toThrow(
    expect.objectContaining({ code: 'NOT_FOUND', message: 'no such file: gril.png' }),
  );
});

test('an interim frame', () => {
  expect(parseInterim(headerOf(INTERIM))).toEqual({ done: 1_048_576, size: 9_007_199_254_740_991 });
});

test('a line of a listing', () => {
  const line = Buffer.from(ENTRY, 'hex');
  const plain = { name: 'fotos/Mädchen.png', type: 'image/png', size: 5, md5: MD5, mtime: -1 };
  expect(decodeEntry(Buffer.from(PLAIN_ENTRY, 'hex'))).toEqual(plain);
  const entry = { ...plain, verifiedAt: 1_767_312_000_000 };
  expect(decodeEntry(line)).toEqual(entry);
  expect(encodeEntry(entry)).toBe(line.toString());
});

test.each([
  [{ stream: 'stdin', length: 5 }, '0000001d7b2273747265616d223a22737464696e222c226c656e677468223a357d'],
  [{ stream: 'stdin', length: 0 }, '0000001d7b2273747265616d223a22737464696e222c226c656e677468223a307d'],
  [{ signal: 'SIGINT' }, '000000137b227369676e616c223a22534947494e54227d'],
])('input of a program: %o', (header, hex) => {
  expect(parseExecInput(headerOf(hex))).toEqual(header);
  expect(encodeFrame(header).toString('hex')).toBe(hex);
});

test.each([
  [{ stream: 'stdout', length: 5 }, '0000001e7b2273747265616d223a227374646f7574222c226c656e677468223a357d'],
  [
    { stream: 'stderr', length: 1048576, id: 7 },
    '0000002b7b2273747265616d223a22737464657272222c226c656e677468223a313034383537362c226964223a377d',
  ],
  [{ exit: 3 }, '0000000a7b2265786974223a337d'],
  [
    { signal: 'SIGTERM', timeout: true },
    '000000237b227369676e616c223a225349475445524d222c2274696d656f7574223a747275657d',
  ],
])('output and end of a program: %o', (header, hex) => {
  expect(parseExecFrame(headerOf(hex))).toEqual(header);
  expect(encodeFrame(header).toString('hex')).toBe(hex);
});
