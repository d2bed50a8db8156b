import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '#sealift/client/connection.js';
import { parseServerUrl } from '#sealift/client/index.js';
import { remoteManifest } from '#sealift/client/remote-manifest.js';
import { chunkServer, type Tricks } from '../helpers/chunk-server.js';
import { CHUNK, digestsOf, someBytes } from '../helpers/files.js';

const BODY = someBytes(2 * CHUNK + 5, 30);

async function ask(tricks: Tricks = {}, content = BODY) {
  const { url } = await chunkServer(content, tricks);
  const connection = await Connection.open(parseServerUrl(url), { timeout: 1_500 });
  onTestFinished(() => connection.destroy());
  return { connection, manifest: remoteManifest(connection, 'a') };
}

test.each([0, 1, CHUNK, BODY.length])('of a file of %d bytes', async (size) => {
  const content = BODY.subarray(0, size);
  const { md5, manifest, root } = digestsOf(content);
  const { connection, manifest: asked } = await ask({}, content);
  expect(await asked).toEqual({ size, md5, digests: manifest, root });
  connection.ensureNothingMore();
});

test.each<[string, Record<string, unknown>]>([
  ['another name', { name: 'b' }],
  ['another count', { count: 2, length: 64 }],
  ['another length', { length: 95 }],
  ['a count that is not that of the size', { size: CHUNK }],
  ['chunks of another size', { chunkSize: CHUNK / 2, count: 5, length: 160 }],
  ['chunks of no size', { chunkSize: 0 }],
  ['another digest', { digest: 'sha256' }],
  ['no MD5', { md5: null }],
])('%s is a protocol error', async (_, wrong) => {
  const { manifest } = await ask({ header: (header) => ({ ...header, ...wrong }) });
  await expect(manifest).rejects.toMatchObject({ code: 'PROTOCOL' });
});

test('one that is too large is not read', async () => {
  const count = (64 << 15) + 1;
  const wrong = { size: count * CHUNK, count, length: count * 32 };
  const { manifest } = await ask({ header: (header) => ({ ...header, ...wrong }) });
  await expect(manifest).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

test('one that is announced and does not come costs no memory', async () => {
  const count = 64 << 15;
  const wrong = { size: count * CHUNK, count, length: count * 32 };
  const before = process.memoryUsage().arrayBuffers;
  const { manifest } = await ask({ header: (header) => ({ ...header, ...wrong }) });
  const settled = expect(manifest).rejects.toMatchObject({ code: 'TIMEOUT' });
  await new Promise((done) => setTimeout(done, 300));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  await settled;
});
