import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '#sealift/server/connection.js';
import type { RequestRecord } from '#sealift/server/index.js';
import { DEFAULT_LIMITS, type ServerLimits } from '#sealift/server/server-limits.js';
import type { RememberedFile, SmallFiles, Store } from '#sealift/store/index.js';
import { md5, putFile, putSparse, someBytes } from '../helpers/files.js';
import { openTo } from '../helpers/open-access.js';
import { md5Of, openStore } from '../helpers/store.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { untilThere } from '../helpers/until.js';
import { Wire } from '../helpers/wire.js';

async function serveStore(store: Store, limits: Partial<ServerLimits> = {}) {
  const records: RequestRecord[] = [];
  const connections: Connection[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const onRequest = (record: RequestRecord) => void records.push(record);
    connections.push(
      new Connection(socket, { access: openTo(store), limits: { ...DEFAULT_LIMITS, ...limits }, onRequest }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { wire: await Wire.to(port), records, connections };
}

const contentOf = (nth: number) => someBytes(nth * 37, nth + 1);

/** A store whose small files are all remembered; `opened` are the names that were opened one by one. */
async function storageOf(count: number) {
  const folder = tempFolder();
  for (let nth = 0; nth < count; nth++) putFile(folder, `f${nth}`, contentOf(nth));
  putSparse(folder, 'large', 1 << 20);
  const real = await openStore(folder);
  for (let nth = 0; nth < count; nth++) await md5Of(real, `f${nth}`);
  await md5Of(real, 'large');
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
  return { folder, store, opened };
}

test('small files that are asked for together are answered in order, and none is opened on its own', async () => {
  const { store, opened } = await storageOf(200);
  const { wire, records } = await serveStore(store);
  const names = Array.from({ length: 200 }, (_, nth) => `f${nth}`);
  wire.send(...names.map((name, id) => ({ op: 'get', name, ...(id % 3 === 0 ? {} : { id, defer: true }) })));
  for (const [nth, name] of names.entries()) {
    const content = contentOf(nth);
    const header = await wire.header();
    expect(header).toMatchObject({ ok: true, name, size: content.length, md5: md5(content), offset: 0 });
    expect([header.length, header.id]).toEqual([content.length, nth % 3 === 0 ? undefined : nth]);
    expect(header).not.toHaveProperty('deferred');
    expect((await wire.bytes(content.length)).equals(content)).toBe(true);
  }
  expect(opened).toEqual([]);
  expect(records.map(({ name }) => name)).toEqual(names);
  expect(records[9]).toMatchObject({ op: 'get', code: 'OK', bytes: 9 * 37 });
});

test('what they say is what they say one by one', async () => {
  const { store } = await storageOf(3);
  const [{ wire: together }, { wire: alone }] = [
    await serveStore(store),
    await serveStore({ ...store, smallFiles: () => null }),
  ];
  for (const request of [
    { op: 'get', name: 'f2' },
    { op: 'get', name: 'f0', id: 'x' },
    { op: 'get', name: 'f1', ifMd5: md5(contentOf(1)), defer: true },
  ]) {
    const replies = [await together.askBody(request), await alone.askBody(request)];
    expect(JSON.stringify(replies[0])).toBe(JSON.stringify(replies[1]));
  }
});

test('requests of all kinds keep their order, and one that fails is one failure', async () => {
  const { store, opened, folder } = await storageOf(5);
  const { wire } = await serveStore(store);
  putFile(folder, 'f2', 'written to since');
  const ask = [
    { op: 'get', name: 'f1' },
    { op: 'get', name: 'f2' },
    { op: 'get', name: 'f3' },
    { op: 'ping' },
    { op: 'get', name: 'nowhere' },
    { op: 'get', name: '../f3' },
    { op: 'get', name: 'large' },
    { op: 'get', name: 'f4', offset: 5, length: 3 },
    { op: 'stat', name: 'f4' },
    { op: 'get', name: 'f4', ifMd5: md5('') },
    { op: 'fly' },
    { op: 'get', name: 'f4' },
  ];
  wire.send(...ask.map((request, id) => ({ ...request, id })));
  const lengths = [37, 16, 111, 0, 0, 0, 1 << 20, 3, 0, 0, 0, 148];
  const codes = [
    'NOT_FOUND',
    'NOT_FOUND',
    undefined,
    undefined,
    undefined,
    'CHANGED',
    'UNSUPPORTED',
    undefined,
  ];
  for (const [id, length] of lengths.entries()) {
    const header = await wire.header();
    expect([header.id, header.length ?? 0, header.code]).toEqual([id, length, codes[id - 4]]);
    await wire.bytes(length);
  }
  expect(opened).toEqual(['f2', 'nowhere', '../f3', 'large', 'f4', 'f4', 'f4']);
});

/** Small files of which `read` says when, and how many, are there. */
function storeThatReads(read: () => Promise<number>, size: number) {
  let [batches, released] = [0, 0];
  const smallFiles = (): SmallFiles => {
    batches++;
    let count = 0;
    return {
      buffer: Buffer.alloc(8 << 20),
      get isFull() {
        return count === 4;
      },
      remembered: (name) => ({
        facts: { name, type: 'x/y', size, mtime: 0 },
        digests: { md5: md5(''), root: null },
      }),
      add: (_file: RememberedFile) => void count++,
      read,
      release: () => void released++,
    };
  };
  const store = { smallFiles } as Partial<Store> as Store;
  return { store, batches: () => batches, released: () => released };
}

test('a server that stops answers what it has begun to read, and nothing behind it', async () => {
  let finish = (_count: number) => {};
  const { store, batches, released } = storeThatReads(() => new Promise((resolve) => (finish = resolve)), 10);
  const { wire, connections, records } = await serveStore(store);
  wire.send(...Array.from({ length: 6 }, (_, id) => ({ op: 'get', name: 'a', id })));
  await untilThere(() => (batches() > 0 ? true : null));
  const drained = connections[0]?.drain();
  finish(3);
  for (let id = 0; id < 3; id++) {
    expect(await wire.header()).toMatchObject({ id });
    await wire.bytes(10);
  }
  expect(await wire.ended()).toBe('end');
  wire.socket.end();
  await drained;
  expect([batches(), released(), records.length]).toEqual([1, 1, 3]);
});

test('a client that leaves meanwhile costs one batch', async () => {
  let finish = (_count: number) => {};
  const { store, batches, released } = storeThatReads(() => new Promise((resolve) => (finish = resolve)), 10);
  const { wire, records } = await serveStore(store);
  wire.send(...Array.from({ length: 12 }, () => ({ op: 'get', name: 'a' })));
  await untilThere(() => (batches() > 0 ? true : null));
  wire.socket.resetAndDestroy();
  // Told when the connection is gone for the server as well.
  await untilThere(() => {
    finish(4);
    return records[0];
  });
  expect([batches(), released(), records.length]).toEqual([1, 1, 4]);
  expect(records[3]).toMatchObject({ code: 'ABORTED', bytes: 0 });
});

test('a client that takes nothing is reset, and holds one batch until then', async () => {
  const { store, batches, released } = storeThatReads(async () => 4, 1 << 20);
  const { wire, records } = await serveStore(store, { bodyTimeout: 200 });
  wire.socket.pause();
  wire.send(...Array.from({ length: 40 }, () => ({ op: 'get', name: 'a' })));
  const slow = await untilThere(() => records.find(({ code }) => code !== 'OK'));
  expect(slow.code).toBe('TIMEOUT');
  expect(batches()).toBe(released());
  expect(batches()).toBeLessThan(10);
  wire.socket.resume();
  expect(await wire.wasReset()).toBe(true);
});
