import { writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHasher } from '#sealift/digest/algorithm.js';
import { hashFile } from '#sealift/digest/hash-file.js';
import { md5, someBytes } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

async function opened(content: Uint8Array | string): Promise<FileHandle> {
  const path = join(tempFolder(), 'file');
  writeFileSync(path, content);
  const handle = await open(path);
  onTestFinished(() => handle.close());
  return handle;
}

test.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])('a file of %i bytes', async (size) => {
  const content = someBytes(size);
  const handle = await opened(content);
  expect(await hashFile(handle, 'md5')).toBe(md5(content));
  const hasher = await createHasher('blake3');
  hasher.update(content);
  expect(await hashFile(handle, 'blake3')).toBe(hasher.hex());
});

test('tells how far it is', async () => {
  const handle = await opened(someBytes(2_500_000));
  const told: number[] = [];
  await hashFile(handle, 'md5', { onProgress: (done) => told.push(done) });
  expect(told.at(-1)).toBe(2_500_000);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.length).toBeGreaterThan(1);
});

test('an abort before and between reads', async () => {
  const handle = await opened(someBytes(3_000_000));
  const aborted = expect.objectContaining({ name: 'SealiftError', code: 'ABORTED' });
  await expect(hashFile(handle, 'md5', { signal: AbortSignal.abort() })).rejects.toThrow(aborted);
  const abort = new AbortController();
  const told: number[] = [];
  const hashing = hashFile(handle, 'md5', {
    signal: abort.signal,
    onProgress: (done) => {
      told.push(done);
      abort.abort();
    },
  });
  await expect(hashing).rejects.toThrow(aborted);
  expect(told).toEqual([1 << 20]);
});

test('a file that cannot be read', async () => {
  const folder = await open(tempFolder());
  onTestFinished(() => folder.close());
  await expect(hashFile(folder, 'md5')).rejects.toThrow(expect.objectContaining({ code: 'EISDIR' }));
});
