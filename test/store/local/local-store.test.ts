import { appendFileSync, chmodSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import type { LocalStore, StoredFile } from '#sealift/store/index.js';
import { digestsOf, md5, putFile, putSparse, rot, someBytes } from '../../helpers/files.js';
import { entriesOf, md5Of, namesOf, openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

async function withFile<T>(
  store: LocalStore,
  name: string,
  use: (file: StoredFile) => T | Promise<T>,
): Promise<T> {
  const file = await store.open(name);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

const knownMd5 = (store: LocalStore, name: string) =>
  withFile(store, name, (file) => file.knownDigests()?.md5 ?? null);

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('facts, bytes and digest of a file', async () => {
  const folder = tempFolder();
  const content = someBytes(200_000);
  putFile(folder, 'sub/photo.png', content);
  const store = await openStore(folder);
  await withFile(store, 'sub/photo.png', async (file) => {
    expect(file.facts).toEqual({
      name: 'sub/photo.png',
      type: 'image/png',
      size: 200_000,
      mtime: Date.parse('2026-01-02T03:04:05.678Z'),
    });
    expect((await file.digests()).md5).toBe(md5(content));
    expect(file.knownDigests()?.md5).toBe(md5(content));
    const buffer = Buffer.alloc(100);
    expect(await file.read(buffer, 199_950)).toBe(50);
    expect(buffer.subarray(0, 50)).toEqual(content.subarray(-50));
    expect(await file.read(buffer, 200_000)).toBe(0);
    await file.ensureUnchanged();
  });
});

test('a listing knows the MD5 from the hashing on', async () => {
  const folder = tempFolder();
  // Too big to be hashed behind before it is asked for.
  putSparse(folder, 'endless', 2 ** 42);
  const store = await openStore(folder, { hashers: 2 });
  await namesOf(store);
  putFile(folder, 'late', 'hello');
  expect(await entriesOf(store)).toMatchObject([
    { name: 'endless', md5: null },
    { name: 'late', md5: null },
  ]);
  await md5Of(store, 'late');
  expect(await entriesOf(store)).toMatchObject([{ md5: null }, { md5: md5('hello') }]);
});

test('the index is filled while nobody asks', async () => {
  const folder = tempFolder();
  const names = Array.from({ length: 600 }, (_, at) => `f${at % 9}/${at}`).sort();
  for (const name of names) putFile(folder, name, name);
  putSparse(folder, 'z', 8 << 20);
  const store = await openStore(folder);
  await until(async () => (await entriesOf(store)).every((entry) => entry.md5 !== null));
  expect((await entriesOf(store)).slice(0, -1).map((entry) => entry.md5)).toEqual(names.map(md5));
});

test('the index is kept for the next start, and forgets files that are gone', async () => {
  const folder = tempFolder();
  for (const name of ['a', 'b']) putFile(folder, name, name);
  const index = new MemoryIndex();
  const first = await openStore(folder, { index });
  await Promise.all([md5Of(first, 'a'), md5Of(first, 'b')]);
  await first.close();
  rmSync(join(folder, 'b'));
  const second = await openStore(folder, { index });
  expect(await entriesOf(second)).toMatchObject([{ name: 'a', md5: md5('a') }]);
  await until(async () => index.get('b') === undefined);
});

test('a young file is hashed and not remembered until it is 2 s old', async () => {
  const folder = tempFolder();
  const store = await openStore(folder);
  writeFileSync(join(folder, 'a'), 'one');
  expect(await md5Of(store, 'a')).toBe(md5('one'));
  expect(await knownMd5(store, 'a')).toBeNull();
  expect((await entriesOf(store))[0]?.md5).toBeNull();
  // Hashed behind once it is quiet.
  await until(async () => (await entriesOf(store))[0]?.md5 !== null);
  expect(await knownMd5(store, 'a')).toBe(md5('one'));
});

test('a digest that was offered counts as hashed, but not for a young file', async () => {
  const folder = tempFolder();
  putSparse(folder, 'endless', 2 ** 42);
  const store = await openStore(folder);
  await namesOf(store);
  putFile(folder, 'old', 'x');
  writeFileSync(join(folder, 'young'), 'y');
  await withFile(store, 'old', (file) => file.offer(digestsOf('x')));
  await withFile(store, 'young', (file) => file.offer(digestsOf('y')));
  expect(await knownMd5(store, 'old')).toBe(md5('x'));
  expect(await knownMd5(store, 'young')).toBeNull();
});

test.each<[string, (path: string) => void]>([
  ['size', (path) => appendFileSync(path, 'more')],
  ['mtime', (path) => utimesSync(path, 1_000, 1_000)],
  ['ctime alone', (path) => chmodSync(path, 0o600)],
])('a change of %s makes the digest unknown until it is hashed again', async (_what, change) => {
  const folder = tempFolder();
  const path = putFile(folder, 'a', 'hello');
  const store = await openStore(folder);
  await md5Of(store, 'a');
  change(path);
  expect(await knownMd5(store, 'a')).toBeNull();
  const { readFileSync } = await import('node:fs');
  expect(await md5Of(store, 'a')).toBe(md5(readFileSync(path)));
});

test('a rename over the file makes the digest unknown', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const store = await openStore(folder);
  await md5Of(store, 'a');
  putFile(folder, '.new', 'hello');
  renameSync(join(folder, '.new'), join(folder, 'a'));
  expect(await knownMd5(store, 'a')).toBeNull();
  expect(await md5Of(store, 'a')).toBe(md5('hello'));
});

test.each<[string, (folder: string) => void]>([
  ['ctime', (folder) => rot(folder, 'a', 'hellO')],
  [
    'inode',
    (folder) => {
      putFile(folder, '.new', 'hellO');
      renameSync(join(folder, '.new'), join(folder, 'a'));
    },
  ],
])(
  'case 62: other bytes where only the %s changed are rot, until size or mtime changes',
  async (_what, damage) => {
    const folder = tempFolder();
    const path = putFile(folder, 'a', 'hello');
    const told: unknown[] = [];
    const store = await openStore(folder, { onRot: (error) => told.push(error) });
    await md5Of(store, 'a');
    damage(folder);
    await expect(md5Of(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
    // Refused from now on, without reading, and also when the old bytes are back but for the mtime.
    await expect(knownMd5(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(md5Of(store, 'a', { fresh: true })).rejects.toMatchObject({ code: 'CORRUPT' });
    rot(folder, 'a', 'hello');
    await expect(md5Of(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
    expect((await entriesOf(store))[0]?.md5).toBeNull();
    utimesSync(path, 1_000, 1_000);
    expect(await md5Of(store, 'a')).toBe(md5('hello'));
    expect((await entriesOf(store))[0]?.md5).toBe(md5('hello'));
  },
);

test('fresh reads the bytes although the digest is known', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const index = new MemoryIndex();
  const store = await openStore(folder, { index });
  await md5Of(store, 'a');
  expect(await md5Of(store, 'a', { fresh: true })).toBe(md5('hello'));
  // Bytes that changed with nothing else, as a failing disk has it: the index remembers others for this version.
  const record = index.get('a');
  if (record === undefined) throw new Error('not in the index');
  index.put('a', { ...record, md5: md5('what it was') });
  expect(await md5Of(store, 'a')).toBe(md5('what it was'));
  await expect(md5Of(store, 'a', { fresh: true })).rejects.toMatchObject({ code: 'CORRUPT' });
  await expect(md5Of(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
});

test('rot is told when it is found while nobody asks', async () => {
  const folder = tempFolder();
  putFile(folder, 'a', 'hello');
  const index = new MemoryIndex();
  const first = await openStore(folder, { index });
  await md5Of(first, 'a');
  await first.close();
  rot(folder, 'a', 'hellO');
  const told: unknown[] = [];
  await openStore(folder, { index, onRot: (error) => told.push(error) });
  await until(async () => told.length > 0);
  expect(told).toMatchObject([{ code: 'CORRUPT' }]);
});

test('an open file notices that it changed, whatever changed it', async () => {
  const folder = tempFolder();
  for (const change of ['append', 'touch', 'replace', 'edit'] as const) {
    const path = putFile(folder, 'a', 'hello');
    const store = await openStore(folder);
    await withFile(store, 'a', async (file) => {
      await file.ensureUnchanged();
      if (change === 'append') appendFileSync(path, 'x');
      if (change === 'touch') utimesSync(path, 1_000, 1_000);
      if (change === 'edit') rot(folder, 'a', 'HELLO');
      if (change === 'replace') {
        putFile(folder, '.new', 'other');
        renameSync(join(folder, '.new'), path);
      }
      await expect(file.ensureUnchanged(), change).rejects.toMatchObject({ code: 'CHANGED' });
    });
  }
});

test('a folder that is none, or not there, is refused', async () => {
  const folder = tempFolder();
  putFile(folder, 'file', '');
  await expect(openStore(join(folder, 'file'))).rejects.toMatchObject({ code: 'LOCAL_IO' });
  await expect(openStore(join(folder, 'missing'))).rejects.toMatchObject({ code: 'LOCAL_IO' });
});

test.each([
  ['down', 1_700_000_000.6782],
  ['up', 1_700_000_000.6787],
])('an edit whose mtime was put back to the millisecond, rounded %s, is rot', async (_, mtime) => {
  const folder = tempFolder();
  const path = putFile(folder, 'a', 'hello');
  utimesSync(path, mtime, mtime);
  const store = await openStore(folder);
  expect(await md5Of(store, 'a')).toBe(md5('hello'));
  const before = statSync(path, { bigint: true });
  const { atime, mtime: rounded } = statSync(path);
  writeFileSync(path, 'hellO');
  utimesSync(path, atime, rounded);
  expect(statSync(path, { bigint: true }).mtimeNs).not.toBe(before.mtimeNs);
  // The old digest is not told of the new bytes, before the rot is found and after.
  expect(await entriesOf(store)).toMatchObject([{ name: 'a', md5: null }]);
  await expect(md5Of(store, 'a', { fresh: true })).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(await entriesOf(store)).toMatchObject([{ name: 'a', md5: null }]);
  await expect(md5Of(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
  await expect(knownMd5(store, 'a')).rejects.toMatchObject({ code: 'CORRUPT' });
  utimesSync(path, mtime + 1, mtime + 1);
  expect(await md5Of(store, 'a')).toBe(md5('hellO'));
});
