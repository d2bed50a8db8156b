import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { blake3 } from '@napi-rs/blake-hash';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HashPool } from '#sealift/digest/hash-pool.js';
import { Connection } from '#sealift/server/connection.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import { type IndexRecord, notHashed } from '#sealift/store/digest-index/digest-index.js';
import { LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import type { LocalStore } from '#sealift/store/index.js';
import { identityOf } from '#sealift/store/local/file-identity.js';
import { startServer } from '../../helpers/cli.js';
import { CHUNK, digestsOf, md5, putFile, putSparse, rot, someBytes } from '../../helpers/files.js';
import { openTo } from '../../helpers/open-access.js';
import { openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { Wire } from '../../helpers/wire.js';

const CONTENT = someBytes(2 * CHUNK + 12_345);

async function served(files: Record<string, Uint8Array | string>) {
  const folder = tempFolder();
  for (const [name, bytes] of Object.entries(files)) putFile(folder, name, bytes);
  const server = await startServer(folder);
  return { folder, server, wire: await Wire.to(server.port) };
}

/** A connection to a server in this process. */
async function wireTo(store: LocalStore): Promise<Wire> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    new Connection(socket, { access: openTo(store), limits: DEFAULT_LIMITS, onRequest: () => {} });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return Wire.to((server.address() as { port: number }).port);
}

/** Makes an index believe that this file, too large to hash in a test, was hashed, with this manifest. */
function remember(index: MemoryIndex, path: string, name: string): { record: IndexRecord; manifest: Buffer } {
  const identity = identityOf(statSync(path, { bigint: true }));
  const manifest = someBytes(Math.ceil(Number(identity.size) / CHUNK) * 32);
  const root = blake3(manifest).toString('hex');
  const record = { ...notHashed(identity), md5: md5('whatever'), root, verifiedAt: 1 };
  index.put(name, record, manifest);
  return { record, manifest };
}

test.each([0, 1, CHUNK, CHUNK + 1, CONTENT.length])('the manifest of a file of %i bytes', async (size) => {
  const content = CONTENT.subarray(0, size);
  const { wire } = await served({ 'sub/a.bin': content });
  const { manifest, root } = digestsOf(content);
  for (const id of [1, 2]) {
    const { header, body } = await wire.askBody({ op: 'manifest', name: 'sub/a.bin', id });
    const count = Math.ceil(size / CHUNK);
    expect(header).toEqual({
      ...{ ok: true, name: 'sub/a.bin', size, md5: md5(content), digest: 'blake3', chunkSize: 1_048_576 },
      ...{ count, length: 32 * count, id },
    });
    expect(body.equals(manifest)).toBe(true);
  }
  // Its root is in the replies to stat and get.
  expect(await wire.ask({ op: 'stat', name: 'sub/a.bin' })).toMatchObject({ root });
  expect((await wire.askBody({ op: 'get', name: 'sub/a.bin', defer: true })).header).toMatchObject({ root });
  expect((await wire.askBody({ op: 'get', name: 'sub/a.bin', offset: size })).header).toMatchObject({ root });
  expect(wire.unread).toBe(0);
});

test('a young file has a manifest, from the hashing that was just done', async () => {
  const { wire, folder } = await served({});
  for (const content of [CONTENT, someBytes(3_000)]) {
    writeFileSync(join(folder, 'young'), content);
    const { header, body } = await wire.askBody({ op: 'manifest', name: 'young' });
    expect(header).toMatchObject({ ok: true, md5: md5(content) });
    expect(body.equals(digestsOf(content).manifest)).toBe(true);
  }
});

test('what was hashed as it was sent has its root and manifest from then on', async () => {
  const folder = tempFolder();
  // Young, so that nobody hashes it before it is sent.
  const store = await openStore(folder, { index: new LmdbIndex(tempFolder(), 'storage') });
  const wire = await wireTo(store);
  await wire.askBody({ op: 'list' });
  const path = join(folder, 'a');
  writeFileSync(path, CONTENT);
  const deferred = await wire.askBody({ op: 'get', name: 'a', defer: true });
  expect(deferred.header).not.toHaveProperty('root');
  expect(await wire.header()).toEqual({ ok: true, md5: md5(CONTENT) });
  putFile(folder, 'a', CONTENT);
  const hashing = vi.spyOn(HashPool.prototype, 'digests');
  onTestFinished(() => hashing.mockRestore());
  const again = await wire.askBody({ op: 'get', name: 'a', defer: true });
  if (again.header.deferred) await wire.header();
  expect(hashing).not.toHaveBeenCalled();
  const { manifest, root } = digestsOf(CONTENT);
  expect(await wire.ask({ op: 'stat', name: 'a' })).toMatchObject({ root });
  expect((await wire.askBody({ op: 'manifest', name: 'a' })).body.equals(manifest)).toBe(true);
  expect(hashing).not.toHaveBeenCalled();
});

test('a restart answers the manifest without hashing again', async () => {
  const [folder, indexFolder] = [tempFolder(), tempFolder()];
  const contents = { big: CONTENT, small: someBytes(10) };
  for (const [name, content] of Object.entries(contents)) putFile(folder, name, content);
  const first = await openStore(folder, { index: new LmdbIndex(indexFolder, 'storage') });
  const wire = await wireTo(first);
  for (const name of Object.keys(contents)) await wire.askBody({ op: 'manifest', name });
  await first.close();

  const hashing = vi.spyOn(HashPool.prototype, 'digests');
  onTestFinished(() => hashing.mockRestore());
  const second = await openStore(folder, { index: new LmdbIndex(indexFolder, 'storage') });
  const wireAgain = await wireTo(second);
  for (const [name, content] of Object.entries(contents)) {
    const { manifest, root } = digestsOf(content);
    expect(await wireAgain.ask({ op: 'stat', name })).toMatchObject({ root });
    expect((await wireAgain.askBody({ op: 'manifest', name })).body.equals(manifest)).toBe(true);
  }
  expect(hashing).not.toHaveBeenCalled();
});

test('a manifest that the index has lost is made anew', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', CONTENT);
  const index = new MemoryIndex();
  const wire = await wireTo(await openStore(folder, { index }));
  await wire.askBody({ op: 'manifest', name: 'a' });
  const record = index.get('a') as IndexRecord;
  index.remove('a');
  index.put('a', record);
  expect(index.piece('a', record, 0)).toBeUndefined();
  const { body } = await wire.askBody({ op: 'manifest', name: 'a' });
  expect(body.equals(digestsOf(CONTENT).manifest)).toBe(true);
  expect(index.piece('a', record, 0)?.equals(body)).toBe(true);
});

test('a long manifest, byte for byte', async () => {
  const folder = tempFolder();
  const path = putSparse(folder, 'long', (2 * 4_096 + 7) * CHUNK - 5);
  const index = new MemoryIndex();
  const { record, manifest } = remember(index, path, 'long');
  const wire = await wireTo(await openStore(folder, { index }));
  const { header, body } = await wire.askBody({ op: 'manifest', name: 'long' });
  expect(header).toMatchObject({ ok: true, md5: record.md5, count: 2 * 4_096 + 7 });
  expect(body.equals(manifest)).toBe(true);
  expect(blake3(body).toString('hex')).toBe((await wire.ask({ op: 'stat', name: 'long' })).root);
});

test('the longest manifest is read as it is sent; when the rest of it is gone the connection is reset', async () => {
  const folder = tempFolder();
  const path = putSparse(folder, 'longest', 2 ** 41);
  const index = new MemoryIndex();
  const { manifest } = remember(index, path, 'longest');
  const wire = await wireTo(await openStore(folder, { index }));
  const header = await wire.ask({ op: 'manifest', name: 'longest' });
  expect(header).toMatchObject({ ok: true, count: 2 ** 21, length: 64 << 20 });
  expect((await wire.bytes(1_000)).equals(manifest.subarray(0, 1_000))).toBe(true);
  wire.socket.pause();
  index.remove('longest');
  wire.socket.resume();
  expect(await wire.wasReset()).toBe(true);
  expect(wire.unread).toBeLessThan((64 << 20) - 1_000);
});

test('a file of more than 2 TiB has no manifest: TOO_LARGE, and the connection goes on', async () => {
  const { wire, folder } = await served({});
  putSparse(folder, 'huge', 2 ** 41 + 1);
  for (const fresh of [false, true]) {
    const reply = await wire.ask({ op: 'manifest', name: 'huge', fresh });
    expect(reply).toMatchObject({ ok: false, code: 'TOO_LARGE' });
  }
  expect(await wire.ask({ op: 'ping' })).toMatchObject({ ok: true });
});

test.each([10, CONTENT.length])(
  'fresh hashes the bytes on disk: rot in %i bytes is CORRUPT from then on',
  async (size) => {
    const content = Buffer.from(CONTENT.subarray(0, size));
    const { wire, folder } = await served({ a: content });
    const fresh = { op: 'manifest', name: 'a', fresh: true };
    expect((await wire.askBody(fresh)).body.equals(digestsOf(content).manifest)).toBe(true);
    content[size - 1] = (content[size - 1] as number) ^ 1;
    rot(folder, 'a', content);
    for (const request of [fresh, { op: 'manifest', name: 'a' }, { op: 'get', name: 'a' }]) {
      expect(await wire.ask(request)).toMatchObject({ ok: false, code: 'CORRUPT' });
    }
    writeFileSync(join(folder, 'a'), 'restored');
    const restored = await wire.askBody({ op: 'manifest', name: 'a' });
    expect(restored.body.equals(digestsOf('restored').manifest)).toBe(true);
  },
);

test('fresh finds bytes that changed with nothing else, as a failing disk has it', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', CONTENT);
  const index = new MemoryIndex();
  const wire = await wireTo(await openStore(folder, { index }));
  await wire.askBody({ op: 'manifest', name: 'a' });
  // The index remembers other chunks for this version.
  const record = index.get('a') as IndexRecord;
  index.put('a', { ...record, root: digestsOf('what it was').root }, digestsOf('what it was').manifest);
  expect(await wire.ask({ op: 'manifest', name: 'a', fresh: true })).toMatchObject({ code: 'CORRUPT' });
  expect(await wire.ask({ op: 'get', name: 'a' })).toMatchObject({ code: 'CORRUPT' });
});

test('progress tells how far the hashing is', async () => {
  const { wire, folder } = await served({});
  putSparse(folder, 'long', 2 ** 41);
  wire.send({ op: 'manifest', name: 'long', progress: true, id: 5 });
  const { id, hashing, ...rest } = await wire.header();
  expect([id, rest]).toEqual([5, {}]);
  expect(hashing).toMatchObject({ size: 2 ** 41 });
});

test('names that are not served, and wrong fields', async () => {
  const { wire } = await served({ a: 'hello' });
  for (const name of ['missing', '../a', '.sealift/index']) {
    expect(await wire.ask({ op: 'manifest', name })).toMatchObject({ ok: false, code: 'NOT_FOUND' });
  }
  expect(await wire.ask({ op: 'manifest' })).toMatchObject({ ok: false, code: 'BAD_REQUEST' });
});
