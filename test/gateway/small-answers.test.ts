import { once } from 'node:events';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { httpGateway } from '#sealift/gateway/index.js';
import { AccessControl } from '#sealift/server/access/index.js';
import { Connection } from '#sealift/server/connection.js';
import { gatewayParts } from '#sealift/server/gateway.js';
import type { RequestRecord } from '#sealift/server/index.js';
import { DEFAULT_LIMITS, type ServerLimits } from '#sealift/server/server-limits.js';
import type { RememberedFile, SmallFiles, Store } from '#sealift/store/index.js';
import { md5, putFile, rot, someBytes } from '../helpers/files.js';
import { openTo } from '../helpers/open-access.js';
import { md5Of, openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';

const contentOf = (nth: number) => someBytes(nth * 37, nth + 1);

async function serveStore(
  store: Store,
  changed: Partial<ServerLimits> = {},
  maxSockets = 10,
  access = openTo(store),
) {
  const records: RequestRecord[] = [];
  const limits = { ...DEFAULT_LIMITS, ...changed };
  const onRequest = (record: RequestRecord) => void records.push(record);
  const gateway = httpGateway()(gatewayParts(access, limits, onRequest));
  const server = createServer(
    { allowHalfOpen: true },
    (socket) => new Connection(socket, { access, limits, onRequest, gateway }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const agent = new Agent({ keepAlive: true, maxSockets });
  onTestFinished(() => {
    agent.destroy();
    server.close();
    gateway.close();
  });
  const ask = async (name: string, headers: Record<string, string> = {}, method = 'GET') => {
    const request = httpGet({ port, host: '127.0.0.1', path: `/${name}`, headers, method, agent });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };
  const bytesOf = async (name: string) => buffer(await ask(name));
  return { ask, bytesOf, records, gateway, port };
}

/** A store whose small files are all remembered; `opened` are the names that were opened one by one. */
async function storageOf(count: number, content: (nth: number) => Buffer = contentOf) {
  const folder = tempFolder();
  const names = Array.from({ length: count }, (_, nth) => `f${nth}.txt`);
  names.forEach((name, nth) => void putFile(folder, name, content(nth)));
  const real = await openStore(folder);
  for (const name of names) await md5Of(real, name);
  (await untilThere(() => real.smallFiles())).release();
  const opened: string[] = [];
  const store: Store = {
    open: (name) => {
      opened.push(name);
      return real.open(name);
    },
    smallFiles: () => real.smallFiles(),
    list: (query) => real.list(query),
    close: () => real.close(),
  };
  return { folder, names, store, opened };
}

test('small files that many ask for at once arrive whole, and are not opened one by one', async () => {
  const { names, store, opened } = await storageOf(200);
  const { bytesOf, records } = await serveStore(store);
  const bodies = await Promise.all(names.map(bytesOf));
  for (const [nth, body] of bodies.entries()) expect(body.equals(contentOf(nth))).toBe(true);
  // Those for which the thread came too late on a busy machine.
  expect(opened.length).toBeLessThan(100);
  await untilThere(() => (records.length === 200 ? records : null));
  expect(new Set(records.map(({ code, op }) => `${op} ${code}`))).toEqual(new Set(['GET OK']));
  expect(records.find(({ name }) => name === 'f100.txt')).toMatchObject({ bytes: 3_700 });
});

/** Whose ticket is the name of a store sees that one. */
class ByTicket extends AccessControl {
  constructor(private readonly stores: Record<string, Store>) {
    super({} as Store, ['a-token-of-it'], DEFAULT_LIMITS);
  }

  override ofTicket(ticket: string) {
    return {
      kind: 'token' as const,
      store: this.stores[ticket] as Store,
      ensureValid: () => {},
      use: async () => {},
    };
  }
}

test('files of stores that others may see are not read for them', async () => {
  const [one, other] = [
    await storageOf(40, () => Buffer.from('one')),
    await storageOf(40, () => Buffer.from('other')),
  ];
  const access = new ByTicket({ one: one.store, other: other.store });
  const { ask, port } = await serveStore(one.store, {}, 10, access);
  const bodyOf = async (name: string, nth: number) => {
    const seen = nth % 2 === 0 ? 'one' : 'other';
    const body = await buffer(await ask(name, { Cookie: `sealift-${port}=${seen}` }));
    expect(body.toString()).toBe(seen);
  };
  await Promise.all(one.names.map(bodyOf));
  expect(one.opened.length + other.opened.length).toBeLessThan(20);
});

test('the header is that of a file which is opened', async () => {
  const { store, opened } = await storageOf(3);
  const { ask } = await serveStore(store);
  const small = await ask('f2.txt');
  small.resume();
  expect(opened).toEqual([]);
  const head = await ask('f2.txt', {}, 'HEAD');
  expect(opened).toEqual(['f2.txt']);
  const fieldsOf = ({ headers: { date: _, ...fields } }: IncomingMessage) => fields;
  expect(fieldsOf(small)).toEqual(fieldsOf(head));
  expect(small.headers).toMatchObject({ etag: `"${md5(contentOf(2))}"`, 'content-length': '74' });
});

test('what is not as remembered is answered as it is, and those behind it as ever', async () => {
  const { folder, names, store, opened } = await storageOf(20);
  putFile(folder, 'f3.txt', 'other');
  const { ask, bytesOf } = await serveStore(store);
  rot(folder, 'f5.txt', Buffer.alloc(contentOf(5).length));
  const [other, rotten, ...bodies] = await Promise.all([
    ...['f3.txt', 'f5.txt'].map((name) => ask(name)),
    ...names.slice(6).map(bytesOf),
  ]);
  expect(await buffer(other as IncomingMessage)).toEqual(Buffer.from('other'));
  expect((rotten as IncomingMessage).statusCode).toBe(500);
  for (const [nth, body] of bodies.entries()) expect((body as Buffer).equals(contentOf(nth + 6))).toBe(true);
  expect(opened).toEqual(expect.arrayContaining(['f3.txt', 'f5.txt']));
});

test('whoever asks for something else than the whole file gets that', async () => {
  const { store } = await storageOf(3);
  const { ask } = await serveStore(store);
  const tag = `"${md5(contentOf(2))}"`;
  const statusOf = async (headers: Record<string, string>) => {
    const response = await ask('f2.txt', headers);
    response.resume();
    return response.statusCode;
  };
  expect(await statusOf({})).toBe(200);
  expect(await statusOf({ Range: 'bytes=1-2' })).toBe(206);
  expect(await statusOf({ 'If-None-Match': tag })).toBe(304);
  expect(await statusOf({ 'If-Modified-Since': 'Fri, 02 Jan 2026 03:04:05 GMT' })).toBe(304);
  expect(await statusOf({ 'If-Match': '"other"' })).toBe(412);
  expect(await statusOf({ 'If-Unmodified-Since': 'Thu, 01 Jan 2026 03:04:05 GMT' })).toBe(412);
  const wanted = await ask('f2.txt', { 'Want-Repr-Digest': 'sha-256=1' });
  expect(wanted.headers['repr-digest']).toContain('sha-256=');
});

test('a connection that asked under a right name may not go on under a wrong one', async () => {
  const { store, opened } = await storageOf(3);
  const { ask } = await serveStore(store, {}, 1);
  const ports = new Set<number | undefined>();
  for (const [headers, status] of [
    [{}, 200],
    [{ Host: 'evil.example' }, 403],
    [{ Origin: 'http://evil.example' }, 403],
  ] as const) {
    const response = await ask('f2.txt', headers);
    ports.add(response.socket.localPort);
    expect(response.statusCode).toBe(status);
    await buffer(response);
  }
  expect([ports.size, opened]).toEqual([1, []]);
});

/** Room for one file that is larger than what kernels take for a peer that reads nothing; `read` is the caller's. */
function bigStore(read: () => Promise<number>) {
  const bytes = Buffer.from(new SharedArrayBuffer(32 << 20)).fill('x');
  const file: RememberedFile = {
    facts: { name: 'big', type: 'text/plain', size: bytes.length, mtime: 0 },
    digests: { md5: md5(''), root: null },
  };
  const release = vi.fn();
  const smallFiles = (): SmallFiles => ({
    buffer: bytes,
    isFull: false,
    remembered: () => file,
    add: () => {},
    read,
    release,
  });
  const refuse = () => Promise.reject(new Error('not here'));
  const store: Store = { open: refuse, list: refuse, close: async () => {}, smallFiles };
  return { store, release };
}

test('memory is not used again before the client has taken what is in it', async () => {
  const { store, release } = bigStore(async () => 1);
  const { ask, records } = await serveStore(store);
  const response = await ask('big');
  expect(release).not.toHaveBeenCalled();
  expect((await buffer(response)).length).toBe(32 << 20);
  await untilThere(() => records[0] ?? null);
  expect(records[0]).toMatchObject({ code: 'OK', bytes: 32 << 20 });
  expect(release).toHaveBeenCalledTimes(1);
});

test.each([
  ['leaves', {}, 'ABORTED'],
  ['takes nothing', { bodyTimeout: 100 }, 'TIMEOUT'],
])('a client that %s gives the memory back', async (what, limits, code) => {
  const { store, release } = bigStore(async () => 1);
  const { ask, records, gateway } = await serveStore(store, limits);
  const response = await ask('big');
  response.on('error', () => {});
  expect(gateway.running).toBe(1);
  if (what === 'leaves') response.destroy();
  await untilThere(() => records[0] ?? null);
  expect(records[0]).toMatchObject({ code, bytes: 0 });
  await untilThere(() => release.mock.calls[0] ?? null);
  expect(gateway.running).toBe(0);
});

test('nobody waits for the files of others that hang', async () => {
  let hangs = true;
  const { store } = bigStore(() => {
    if (!hangs) return Promise.resolve(1);
    hangs = false;
    return new Promise(() => {});
  });
  const { ask, bytesOf } = await serveStore(store);
  void ask('big').catch(() => {});
  await untilThere(() => (hangs ? null : true));
  expect((await bytesOf('big')).length).toBe(32 << 20);
});
