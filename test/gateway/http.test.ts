import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect as connectSealift } from '#sealift/client/index.js';
import type { RequestRecord } from '#sealift/index.js';
import { md5, putFile, rot, someBytes } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';
import { frame, Wire } from '../helpers/wire.js';

const LARGE = someBytes(3_000_000, 7);
const HELLO = 'hello';

async function served(options: Parameters<typeof localServer>[1] = {}, empty: string[] = []) {
  const storage = tempFolder();
  for (const name of empty) putFile(storage, name, '');
  putFile(storage, 'hello.txt', HELLO);
  putFile(storage, 'sub/large.bin', LARGE);
  putFile(storage, 'sub/deep/a b#ö.txt', 'x');
  const server = await localServer(storage, options);
  const base = `http://127.0.0.1:${server.port}`;
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${base}${path}`, { headers, method, redirect: 'manual' });
  return { storage, server, base, get };
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** Everything that comes back for bytes sent as they are, until the server closes. */
async function raw(port: number, ...pieces: (string | Buffer)[]): Promise<string> {
  const socket = await socketTo(port);
  for (const piece of pieces) socket.write(piece);
  return restOf(socket);
}

async function socketTo(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  // A reset is seen by what has not come.
  socket.on('error', () => {});
  return socket;
}

async function restOf(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  await closed(socket);
  return Buffer.concat(pieces).toString('latin1');
}

test('a file: its bytes, and the facts by which it is verified', async () => {
  const { get } = await served();
  const response = await get('/hello.txt');
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(HELLO);
  const digest = createHash('md5').update(HELLO).digest('base64');
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '5',
    etag: `"${md5(HELLO)}"`,
    'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    'accept-ranges': 'bytes',
    'repr-digest': `md5=:${digest}:`,
    'content-md5': digest,
    digest: `MD5=${digest}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining('sandbox'),
  });
  const large = await get('/sub/large.bin');
  expect(Buffer.from(await large.arrayBuffer()).equals(LARGE)).toBe(true);
});

test('SHA-256 for who wants it, the same facts for HEAD, and no body', async () => {
  const { get } = await served();
  const wanted = await get('/hello.txt', { 'Want-Repr-Digest': 'sha-256=10' });
  expect(wanted.headers.get('repr-digest')).toContain(
    `sha-256=:${createHash('sha256').update(HELLO).digest('base64')}:`,
  );
  const head = await get('/sub/large.bin', {}, 'HEAD');
  expect(head.headers.get('content-length')).toBe('3000000');
  expect(await head.text()).toBe('');
});

test('one range, none, several, and one of another version', async () => {
  const { get } = await served();
  const part = await get('/sub/large.bin', { Range: 'bytes=1000000-1999999' });
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe('bytes 1000000-1999999/3000000');
  expect(part.headers.get('content-md5')).toBeNull();
  expect(Buffer.from(await part.arrayBuffer()).equals(LARGE.subarray(1_000_000, 2_000_000))).toBe(true);
  const last = await get('/sub/large.bin', { Range: 'bytes=-5' });
  expect(Buffer.from(await last.arrayBuffer()).equals(LARGE.subarray(-5))).toBe(true);
  expect((await get('/sub/large.bin', { Range: 'bytes=3000000-' })).status).toBe(416);
  expect((await get('/hello.txt', { Range: 'bytes=0-0,2-2' })).status).toBe(200);
  expect((await get('/hello.txt', { Range: 'bytes=0-1', 'If-Range': '"other"' })).status).toBe(200);
  expect((await get('/hello.txt', { Range: 'bytes=0-1', 'If-Range': `"${md5(HELLO)}"` })).status).toBe(206);
});

test('what the client has is not sent again', async () => {
  const { get } = await served();
  expect((await get('/hello.txt', { 'If-None-Match': `"${md5(HELLO)}"` })).status).toBe(304);
  expect((await get('/hello.txt', { 'If-Modified-Since': 'Fri, 02 Jan 2026 03:04:05 GMT' })).status).toBe(
    304,
  );
  expect((await get('/hello.txt', { 'If-Match': '"other"' })).status).toBe(412);
});

test('a rotten file is refused with a problem document, and its bytes never leave', async () => {
  const { storage, get, base } = await served();
  await (await get('/hello.txt')).text();
  rot(storage, 'hello.txt', 'hellO');
  const client = await connectSealift(base.replace('http:', 'sealift:'));
  onTestFinished(() => client.close());
  await expect(client.stat('hello.txt', { fresh: true })).rejects.toMatchObject({ code: 'CORRUPT' });
  const response = await get('/hello.txt');
  expect(response.status).toBe(500);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 500, code: 'CORRUPT' });
});

test('what is not served is not found; what is not read is not allowed', async () => {
  const { storage, get } = await served();
  putFile(storage, '.hidden', 'x');
  for (const path of [
    '/nothing',
    '/.hidden',
    '/sub/../hello.txt%2e',
    '/.sealift/',
    '/nothing/',
    '/%00',
    '/hello.txt/',
  ]) {
    const response = await get(path);
    expect(response.status, path).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
  }
  expect((await get('/%ff')).status).toBe(400);
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const response = await get('/hello.txt', {}, method);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('GET');
  }
  expect((await get('/', {}, 'OPTIONS')).headers.get('dav')).toBe('1');
});

test('case 93: a folder without its slash is redirected within this server, and //evil nowhere', async () => {
  const { get, server } = await served();
  const response = await get('/sub');
  expect(response.status).toBe(301);
  expect(response.headers.get('location')).toBe('/sub/');
  for (const path of [
    '//evil.example',
    '//evil.example/',
    '/%2fevil.example',
    '/\\\\evil.example',
    'http://127.0.0.1//sub',
  ]) {
    const answer = await raw(
      server.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).not.toMatch(/^Location:/im);
  }
});

test('a folder: links for who follows them, JSON for programs, in pages', async () => {
  const many = Array.from({ length: 1_500 }, (_, nth) => `sub/deep/f${nth}`);
  const { get } = await served({}, [...many, 'sub/<script>alert(1)</script>.txt']);
  const page = await (await get('/sub/')).text();
  expect(page).toContain('<a href="../">');
  expect(page).toContain('<a href="deep/">deep/</a>');
  expect(page).toContain('<a href="large.bin">large.bin</a>');
  // Case 90.
  expect(page).not.toContain('<script');
  expect((await (await get('/sub/deep/')).text()).match(/<a href="f\d+">/g)).toHaveLength(1_500);
  interface Page {
    folder: string;
    entries: { name: string }[];
    next: string;
  }
  const json = async (path: string): Promise<Page> =>
    JSON.parse(await (await get(path, { Accept: 'application/json' })).text());
  const top = await json('/');
  expect(top).toMatchObject({ folder: '', next: null });
  expect(top.entries).toMatchObject([
    { kind: 'file', name: 'hello.txt', size: 5, type: 'text/plain', mtime: expect.any(Number) },
    { kind: 'folder', name: 'sub' },
  ]);
  const names: string[] = [];
  for (let after = ''; ; ) {
    const { entries, next } = await json(`/sub/deep/?limit=700&after=${encodeURIComponent(after)}`);
    names.push(...entries.map(({ name }) => name));
    if (next === null) break;
    after = next;
  }
  expect(new Set(names).size).toBe(1_501);
  expect(names).toHaveLength(1_501);
  const folders = await json('/?limit=1');
  expect(folders.entries).toHaveLength(1);
  expect((await json(`/?limit=5&after=${encodeURIComponent(folders.next)}`)).entries).toMatchObject([
    { name: 'sub' },
  ]);
  for (const limit of ['0', '1001', '-1', 'x', '']) {
    expect((await get(`/?limit=${limit}`, { Accept: 'application/json' })).status).toBe(400);
  }
});

test('MD5SUMS of all that is below, and a Metalink of one file', async () => {
  const { get } = await served();
  expect(await (await get('/MD5SUMS')).text()).toBe(
    `${md5(HELLO)}  hello.txt\n${md5('x')}  sub/deep/a b#ö.txt\n${md5(LARGE)}  sub/large.bin\n`,
  );
  expect(await (await get('/sub/deep/MD5SUMS')).text()).toBe(`${md5('x')}  a b#ö.txt\n`);
  expect((await get('/nothing/MD5SUMS')).status).toBe(404);
  const metalink = await (await get('/sub/large.bin.meta4')).text();
  expect(metalink).toContain(`<hash type="md5">${md5(LARGE)}</hash>`);
  const pieces = [0, 1, 2].map((at) =>
    createHash('sha256')
      .update(LARGE.subarray(at << 20, (at + 1) << 20))
      .digest('hex'),
  );
  expect(metalink.match(/<hash>(\w+)<\/hash>/g)).toEqual(pieces.map((hex) => `<hash>${hex}</hash>`));
  expect((await get('/nothing.meta4')).status).toBe(404);
});

test('case 94: a name that is not this server, or a page of another one, is refused', async () => {
  const { server, get } = await served({ allowHosts: ['files.example'] });
  const ask = (host: string) =>
    raw(server.port, `GET /hello.txt HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await ask('evil.example')).toMatch(/^HTTP\/1\.1 403 /);
  expect(await ask('files.example')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ask(`localhost:${server.port}`)).toMatch(/^HTTP\/1\.1 200 /);
  expect((await get('/hello.txt', { Origin: 'https://evil.example' })).status).toBe(403);
});

test('case 92: pages and drawings are handed out as attachments that may do nothing', async () => {
  const { storage, get } = await served();
  putFile(storage, 'page.html', '<script>alert(1)</script>');
  putFile(storage, 'drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  for (const name of ['page.html', 'drawing.svg']) {
    const { headers } = await get(`/${name}`);
    expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  }
});

test('case 89: a request with two lengths is refused, and the connection closed', async () => {
  const { server } = await served();
  const both =
    'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  const smuggled = 'GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const answer = await raw(server.port, both + smuggled);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
});

test('no script from here answers in place of the server', async () => {
  const { storage, get } = await served();
  putFile(storage, 'sw.js', 'onfetch = () => {}');
  const asked = { 'Service-Worker': 'script' };
  // Remembered by then, too.
  for (let nth = 0; nth < 2; nth++) {
    expect((await get('/sw.js', asked)).status).toBe(403);
    expect(await (await get('/sw.js')).text()).toContain('onfetch');
  }
  expect((await get('/.sealift/page/main.js', asked)).status).toBe(403);
});

test('a folder whose names stand behind all others is told once', async () => {
  const { storage, get } = await served();
  for (let nth = 0; nth < 1_100; nth++) putFile(storage, `x/\u{10ffff}${nth}`, '');
  putFile(storage, 'y.txt', '');
  const names: string[] = [];
  for (let after = 'sub/\u{10ffff}'; ; ) {
    const response = await get(`/?limit=1&after=${encodeURIComponent(after)}`, {
      Accept: 'application/json',
    });
    const { entries, next } = (await response.json()) as { entries: { name: string }[]; next: string | null };
    names.push(...entries.map(({ name }) => name));
    if (next === null || names.length > 9) break;
    after = next;
  }
  expect(names).toEqual(['x', 'y.txt']);
  expect(await (await get('/')).text()).toContain('href="y.txt"');
  const below = await get('/x/?after=x/%F4%8F%BF%BF', { Accept: 'application/json' });
  expect(((await below.json()) as { entries: object[] }).entries).toHaveLength(1_000);
});

test('a body that comes along is not taken for the next request', async () => {
  const { server } = await served();
  const inner = 'GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const answer = await raw(
    server.port,
    `GET /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
  );
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404']);
});

test('headers without end are refused', async () => {
  const { server } = await served();
  const flood = `GET / HTTP/1.1\r\nHost: localhost\r\n${Array.from({ length: 2_000 }, (_, nth) => `X-${nth}: ${'y'.repeat(50)}`).join('\r\n')}`;
  expect(await raw(server.port, flood)).toMatch(/^HTTP\/1\.1 431 /);
});

test('a request that does not come to an end is ended', async () => {
  const { server } = await served({ limits: { headerTimeout: 300 } });
  const socket = await socketTo(server.port);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
  const timer = setInterval(() => socket.write('X: y\r\n'), 50);
  onTestFinished(() => clearInterval(timer));
  expect(await restOf(socket)).toMatch(/^(HTTP\/1\.1 408 |$)/);
});

test('requests one behind the other are answered in order, and HTTP after frames and frames after HTTP end only their own connection', async () => {
  const { server, get } = await served();
  const one = (path: string, end = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`;
  const answer = await raw(
    server.port,
    one('/hello.txt') + one('/nothing') + one('/sub', 'Connection: close\r\n'),
  );
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 301']);
  const afterHttp = await raw(server.port, one('/hello.txt'), frame({ op: 'ping' }));
  expect(afterHttp.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  const afterFrames = await raw(server.port, frame({ op: 'ping' }), one('/hello.txt'));
  expect(afterFrames).toContain('"ok":true');
  expect(afterFrames).toContain('BAD_REQUEST');
  expect(afterFrames).not.toContain('HTTP/1.1');
  expect((await get('/hello.txt')).status).toBe(200);
  const wire = await Wire.to(server.port);
  expect(await wire.ask({ op: 'stat', name: 'hello.txt' })).toMatchObject({ ok: true });
});

test('a flood of requests on one connection ends that connection', async () => {
  const { server, get } = await served();
  const socket = await socketTo(server.port);
  socket.write('GET /MD5SUMS HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5_000));
  await restOf(socket);
  expect((await get('/hello.txt')).status).toBe(200);
});

test('without HTTP it is no request', async () => {
  const { server } = await served({ http: false });
  const answer = await raw(server.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answer).toContain('BAD_REQUEST');
});

test('each request is told of: method, name, code and bytes', async () => {
  const records: RequestRecord[] = [];
  const { get } = await served({ onRequest: (record) => records.push(record) });
  await (await get('/hello.txt')).text();
  await (await get('/nothing')).text();
  await untilThere(() => records[1]);
  expect(records).toMatchObject([
    { op: 'GET', name: 'hello.txt', code: 'OK', bytes: 5 },
    { op: 'GET', name: 'nothing', code: 'NOT_FOUND', bytes: 0 },
  ]);
});

test('a file that changes while it is sent resets the connection', async () => {
  const { storage, server } = await served();
  mkdirSync(join(storage, 'sub'), { recursive: true });
  const socket = await socketTo(server.port);
  putFile(storage, 'huge.bin', Buffer.alloc(40_000_000));
  socket.write('GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'readable');
  socket.pause();
  writeFileSync(join(storage, 'huge.bin'), Buffer.alloc(40_000_000, 1));
  let count = 0;
  let error: Error | undefined;
  socket.on('error', (cause) => (error = cause));
  socket.on('data', (piece) => (count += piece.length));
  socket.resume();
  await closed(socket);
  expect(error).toMatchObject({ code: 'ECONNRESET' });
  expect(count).toBeLessThan(40_000_000);
});

test('a server that stops lets a download come to its end', async () => {
  const { server, base } = await served();
  const idle = await socketTo(server.port);
  idle.write('GET /hello.txt HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'readable');
  const response = await fetch(`${base}/sub/large.bin`);
  const closing = server.close();
  expect(Buffer.from(await response.arrayBuffer()).equals(LARGE)).toBe(true);
  await closing;
});
