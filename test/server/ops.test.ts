import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { serve } from '#sealift/server/index.js';
import { startServer } from '../helpers/cli.js';
import { digestsOf, md5, putFile, putSparse, rot, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { frame, Wire } from '../helpers/wire.js';

const MTIME = Date.parse('2026-01-02T03:04:05.678Z');
const content = someBytes(300_000);

async function served(files: Record<string, Uint8Array | string>, args: string[] = []) {
  const folder = tempFolder();
  for (const [name, bytes] of Object.entries(files)) putFile(folder, name, bytes);
  const server = await startServer(folder, args);
  return { folder, server, wire: await Wire.to(server.port) };
}

const facts = (name: string, bytes: Uint8Array | string, type = 'application/octet-stream') => ({
  ok: true,
  name,
  type,
  size: Buffer.byteLength(bytes),
  md5: md5(bytes),
  root: digestsOf(bytes).root,
  mtime: MTIME,
});

describe('get', () => {
  test('whole files, ranges and the empty file', async () => {
    const { wire } = await served({ 'sub/photo.png': content, empty: '' });
    const whole = facts('sub/photo.png', content, 'image/png');
    const ask = (range: object) => wire.askBody({ op: 'get', name: 'sub/photo.png', ...range });
    for (const [range, offset, length] of [
      [{}, 0, 300_000],
      [{ offset: 0, length: 1 }, 0, 1],
      [{ offset: 131_071, length: 2 }, 131_071, 2],
      [{ offset: 299_999 }, 299_999, 1],
      [{ offset: 299_990, length: 1_000_000 }, 299_990, 10],
      [{ offset: 300_000 }, 300_000, 0],
      [{ offset: 300_000, length: 5 }, 300_000, 0],
      [{ length: 0 }, 0, 0],
      [{ offset: 5, length: 2 ** 53 - 1 }, 5, 299_995],
    ] as const) {
      const { header, body } = await ask(range);
      expect(header).toEqual({ ...whole, offset, length });
      expect(body.equals(content.subarray(offset, offset + length))).toBe(true);
    }
    expect(await wire.ask({ op: 'get', name: 'empty' })).toEqual({
      ...facts('empty', ''),
      offset: 0,
      length: 0,
    });
    expect(wire.unread).toBe(0);
  });

  test('an offset past the end is RANGE, and the connection goes on', async () => {
    const { wire } = await served({ a: 'hello' });
    for (const offset of [6, 2 ** 53 - 1]) {
      expect(await wire.ask({ op: 'get', name: 'a', offset })).toMatchObject({ ok: false, code: 'RANGE' });
    }
    expect(await wire.ask({ op: 'ping' })).toEqual({ ok: true, payload: '' });
  });

  test('ifMd5: only the file with this MD5, and CHANGED goes before RANGE', async () => {
    const { wire } = await served({ a: 'hello' });
    const { header, body } = await wire.askBody({ op: 'get', name: 'a', ifMd5: md5('hello'), offset: 2 });
    expect([header.ok, body.toString()]).toEqual([true, 'llo']);
    for (const offset of [0, 99]) {
      expect(await wire.ask({ op: 'get', name: 'a', ifMd5: md5('other'), offset })).toMatchObject({
        code: 'CHANGED',
      });
    }
    expect(await wire.ask({ op: 'get', name: 'b', ifMd5: md5('x') })).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('defer: the MD5 comes behind the body', async () => {
    const { wire, folder } = await served({});
    // Young, so not in the index.
    writeFileSync(join(folder, 'young'), content);
    writeFileSync(join(folder, 'empty'), '');
    const { header, body } = await wire.askBody({ op: 'get', name: 'young', defer: true, id: 'x' });
    expect(header).toMatchObject({
      ok: true,
      id: 'x',
      md5: null,
      deferred: true,
      size: 300_000,
      length: 300_000,
    });
    expect(body.equals(content)).toBe(true);
    expect(await wire.header()).toEqual({ ok: true, id: 'x', md5: md5(content) });
    expect(await wire.ask({ op: 'get', name: 'empty', defer: true })).toMatchObject({
      deferred: true,
      length: 0,
    });
    expect(await wire.header()).toEqual({ ok: true, md5: md5('') });
    for (const range of [{ offset: 0 }, { length: 5 }, { ifMd5: md5(content) }]) {
      const reply = await wire.askBody({ op: 'get', name: 'young', defer: true, ...range });
      expect(reply.header.md5).toBe(md5(content));
      expect(reply.header).not.toHaveProperty('deferred');
    }
    expect(wire.unread).toBe(0);
  });

  test('defer: a known MD5 is told at once, and a trailer tells rot', async () => {
    const { wire, folder } = await served({ a: 'hello' });
    await wire.ask({ op: 'stat', name: 'a' });
    const known = await wire.askBody({ op: 'get', name: 'a', defer: true });
    expect(known.header).toMatchObject({ md5: md5('hello') });
    expect(known.header).not.toHaveProperty('deferred');
    rot(folder, 'a', 'hellO');
    const { body } = await wire.askBody({ op: 'get', name: 'a', defer: true });
    expect(body.toString()).toBe('hellO');
    expect(await wire.header()).toMatchObject({ ok: false, code: 'CORRUPT' });
    expect(await wire.ask({ op: 'get', name: 'a', defer: true })).toMatchObject({ code: 'CORRUPT' });
  });
});

describe('stat', () => {
  test('the facts of get, without a body', async () => {
    const { wire } = await served({ 'a.txt': 'hello' });
    expect(await wire.ask({ op: 'stat', name: 'a.txt' })).toEqual({
      ...facts('a.txt', 'hello', 'text/plain'),
      offset: 0,
      length: 0,
    });
    expect(await wire.ask({ op: 'stat', name: 'a.txt', progress: true, fresh: true })).toMatchObject({
      md5: md5('hello'),
    });
    expect(await wire.ask({ op: 'stat', name: 'b.txt' })).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('rot is CORRUPT in get and stat until the file changes', async () => {
    const { wire, folder } = await served({ a: 'hello' });
    await wire.ask({ op: 'stat', name: 'a' });
    rot(folder, 'a', 'hellO');
    for (const request of [
      { op: 'stat', fresh: true },
      { op: 'stat' },
      { op: 'get' },
      { op: 'get', offset: 1 },
    ]) {
      expect(await wire.ask({ ...request, name: 'a' })).toMatchObject({ ok: false, code: 'CORRUPT' });
    }
    writeFileSync(join(folder, 'a'), 'restored');
    expect((await wire.askBody({ op: 'get', name: 'a' })).body.toString()).toBe('restored');
  });

  test('progress tells at most once a second how far the hashing is', async () => {
    const { wire, folder } = await served({});
    putSparse(folder, 'endless', 2 ** 42);
    wire.send({ op: 'stat', name: 'endless', progress: true, id: 5 });
    let before = 0;
    for (let round = 0; round < 2; round++) {
      const sent = Date.now();
      const { id, hashing, ...rest } = await wire.header();
      expect([id, rest]).toEqual([5, {}]);
      const { done, size } = hashing as { done: number; size: number };
      expect(size).toBe(2 ** 42);
      expect(done).toBeGreaterThan(before);
      if (round > 0) expect(Date.now() - sent).toBeGreaterThan(500);
      before = done;
    }
  });
});

test('list: entries in byte order, pages, patterns', async () => {
  const { wire } = await served({ 'b.txt': 'b', a: 'a', 'sub/c.txt': 'c', '\u{ffee}': '1', '😀': '2' });
  const list = async (request: object) => {
    const { header, body } = await wire.askBody({ op: 'list', ...request });
    const lines = body.toString().split('\n');
    expect(lines.pop()).toBe('');
    expect(header).toMatchObject({ ok: true, count: lines.length });
    return { next: header.next, names: lines.map((line) => JSON.parse(line).name) };
  };
  const all = ['a', 'b.txt', 'sub/c.txt', '\u{ffee}', '😀'];
  expect(await list({})).toEqual({ next: null, names: all });
  expect(await list({ pattern: '**/*.txt' })).toEqual({ next: null, names: ['b.txt', 'sub/c.txt'] });
  expect(await list({ pattern: '*.txt', limit: 1 })).toEqual({ next: null, names: ['b.txt'] });
  expect(await list({ limit: 2 })).toEqual({ next: 'b.txt', names: all.slice(0, 2) });
  expect(await list({ limit: 3, after: 'b.txt' })).toEqual({ next: null, names: all.slice(2) });
  expect(await list({ after: 'b' })).toEqual({ next: null, names: all.slice(1) });
  expect(await list({ after: '\u{10ffff}' })).toEqual({ next: null, names: [] });
  expect(await list({ after: 'x'.repeat(60_000) })).toEqual({ next: null, names: all.slice(3) });
  await wire.ask({ op: 'stat', name: 'a' });
  const { body } = await wire.askBody({ op: 'list', pattern: 'a' });
  const entry = JSON.parse(body.toString());
  expect(entry).toEqual({
    name: 'a',
    type: 'application/octet-stream',
    size: 1,
    md5: md5('a'),
    mtime: MTIME,
    verifiedAt: expect.any(Number),
  });
  expect(Math.abs(Date.now() - entry.verifiedAt)).toBeLessThan(60_000);
});

test('list: when a file was last verified, and what is rotten', async () => {
  const { wire, folder } = await served({ a: 'hello' });
  writeFileSync(join(folder, 'young'), 'not kept yet');
  const entry = async (pattern: string) =>
    JSON.parse((await wire.askBody({ op: 'list', pattern })).body.toString());
  expect(await entry('young')).toMatchObject({ md5: null, verifiedAt: null });
  await wire.ask({ op: 'stat', name: 'a' });
  const { verifiedAt } = await entry('a');
  await wire.ask({ op: 'stat', name: 'a', fresh: true });
  const later = await entry('a');
  expect(later.verifiedAt).toBeGreaterThanOrEqual(verifiedAt);
  expect(later).not.toHaveProperty('rotten');
  rot(folder, 'a', 'hellO');
  await wire.ask({ op: 'stat', name: 'a', fresh: true });
  expect(await entry('a')).toMatchObject({ md5: null, rotten: true, verifiedAt: later.verifiedAt });
  putFile(folder, 'a', 'restored, and of another size');
  expect(await entry('a')).not.toHaveProperty('rotten');
});

describe('requests of every kind', () => {
  let port = 0;
  let wire: Wire;
  beforeAll(async () => {
    // One server for them all.
    const folder = mkdtempSync(join(tmpdir(), 'sealift-test-'));
    putFile(folder, 'a', 'hello');
    const server = await serve(folder, { port: 0 });
    port = server.port;
    return async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    };
  });
  const open = async () => (wire = await Wire.to(port));

  test('ping gives the payload back', async () => {
    await open();
    for (const payload of ['', 'ahoy', '日本😀\n"\\\u0000', 'x'.repeat(1_024)]) {
      expect(await wire.ask({ op: 'ping', payload })).toEqual({ ok: true, payload });
    }
    expect(await wire.ask({ op: 'ping', payload: 'x'.repeat(1_025) })).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await wire.ended()).toBe('end');
  });

  test('hello tells version, limits and what is offered', async () => {
    await open();
    const reply = await wire.ask({ op: 'hello', versions: [7, 1], token: 'unasked' });
    expect(reply).toMatchObject({
      ok: true,
      version: 1,
      limits: { header: 65_536, name: 1_024, list: 1_000, ping: 1_024, readAhead: 256 },
    });
    expect(reply.server).toMatch(/^sealift\/\d+\.\d+\.\d+/);
    expect(reply.capabilities).toEqual(
      expect.arrayContaining([
        'get',
        'stat',
        'list',
        'ping',
        'hello',
        'get.defer',
        'stat.fresh',
        'stat.progress',
        'manifest',
        'manifest.fresh',
        'manifest.progress',
      ]),
    );
    expect(await wire.ask({ op: 'hello' })).toMatchObject({ ok: true, version: 1 });
    expect(await wire.ask({ op: 'hello', versions: [2, 3] })).toMatchObject({ ok: false, code: 'VERSION' });
    expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  });

  test('an op that is not offered is UNSUPPORTED, its body is read past, and the connection lives on', async () => {
    await open();
    for (const op of ['put', 'GET', '', 'constructor', '__proto__', 'toString']) {
      wire.write(Buffer.concat([frame({ op, length: 70_000, id: op }), Buffer.alloc(70_000, '{')]));
      expect(await wire.header()).toMatchObject({ ok: false, code: 'UNSUPPORTED', id: op });
    }
    expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  });

  test('an id comes back in replies and failures', async () => {
    await open();
    for (const id of ['', 'x', '日本', 0, -1, 2 ** 53 - 1, -(2 ** 53) + 1]) {
      expect(await wire.ask({ op: 'ping', id })).toEqual({ ok: true, payload: '', id });
      expect(await wire.ask({ op: 'get', name: 'missing', id })).toMatchObject({ code: 'NOT_FOUND', id });
      expect(await wire.ask({ op: 'get', name: 'a', id })).toMatchObject({ ok: true, id });
      await wire.bytes(5);
    }
    expect(await wire.ask({ op: 'get', id: 'kept' })).toMatchObject({ code: 'BAD_REQUEST', id: 'kept' });
  });

  test.each([
    { op: 'get', name: 'a', offset: -1 },
    { op: 'get', name: 'a', offset: 1.5 },
    { op: 'get', name: 'a', length: '5' },
    { op: 'get', name: 7 },
    { op: 'get', name: 'a', ifMd5: 'XYZ' },
    { op: 'get', name: 'a', id: 1.5 },
    { op: 'stat', name: 'a', fresh: 1 },
    { op: 'list', limit: 0 },
    { op: 'list', limit: 1_001 },
    { op: 'list', pattern: 'x'.repeat(1_025) },
    { op: 'hello', versions: '1' },
    { op: 7 },
    {},
  ])('a wrong field is BAD_REQUEST, and the server closes: %j', async (request) => {
    await open();
    wire.send(request, { op: 'ping' });
    expect(await wire.header()).toMatchObject({ ok: false, code: 'BAD_REQUEST' });
    expect(await wire.ended()).toBe('end');
    expect(wire.unread).toBe(0);
  });

  test('the last reply arrives although the client goes on sending', async () => {
    await open();
    // Closing with bytes unread would reset the connection, and take the reply along.
    wire.write(Buffer.concat([frame({ op: 'ping' }), frame('not JSON'), Buffer.alloc(8 << 20)]));
    expect(await wire.header()).toEqual({ ok: true, payload: '' });
    expect(await wire.header()).toMatchObject({ ok: false, code: 'BAD_REQUEST' });
    expect(await wire.wasReset()).toBe(false);
  });

  test('10,000 pipelined pings are answered in order', async () => {
    await open();
    const count = 10_000;
    const requests = Buffer.concat(
      Array.from({ length: count }, (_, id) => frame({ op: 'ping', id, payload: `p${id}` })),
    );
    const third = Math.ceil(requests.length / 3);
    for (let at = 0; at < requests.length; at += third) wire.write(requests.subarray(at, at + third));
    for (let id = 0; id < count; id++)
      expect(await wire.header()).toEqual({ ok: true, id, payload: `p${id}` });
    expect(wire.unread).toBe(0);
  });

  test('slow and quick requests, pipelined, are answered in order', async () => {
    await open();
    const requests = [
      { op: 'get', name: 'a' },
      { op: 'ping' },
      { op: 'list' },
      { op: 'get', name: 'no' },
      { op: 'x' },
    ];
    wire.send(...Array.from({ length: 300 }, (_, id) => ({ ...requests[id % 5], id })));
    for (let id = 0; id < 300; id++) {
      const header = await wire.header();
      expect(header.id).toBe(id);
      await wire.bytes(Number(header.length ?? 0));
    }
  });

  test('a client that shut its sending side down gets every reply, then the end', async () => {
    await open();
    const requests = Array.from({ length: 1_000 }, (_, id) => frame({ op: 'get', name: 'a', id }));
    wire.socket.end(Buffer.concat(requests));
    for (let id = 0; id < 1_000; id++) {
      expect(await wire.header()).toMatchObject({ ok: true, id });
      expect((await wire.bytes(5)).toString()).toBe('hello');
    }
    expect(await wire.ended()).toBe('end');
    expect(wire.unread).toBe(0);
  });

  test('a client that leaves in the middle of a frame harms nobody', async () => {
    await open();
    wire.socket.end(frame({ op: 'ping' }).subarray(0, 9));
    expect(await wire.ended()).toBe('end');
    await open();
    wire.write(frame({ op: 'ping' }).subarray(0, 9));
    wire.socket.resetAndDestroy();
    await open();
    expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
  });
});
