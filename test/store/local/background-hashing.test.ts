import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HashPool } from '#sealift/digest/index.js';
import { isName } from '#sealift/protocol/index.js';
import { notHashed } from '#sealift/store/digest-index/digest-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { BackgroundHashing } from '#sealift/store/local/background-hashing.js';
import { DigestKeeper } from '#sealift/store/local/digest-keeper.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
import { md5, putFile, rot } from '../../helpers/files.js';
import { namesIn } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const record = notHashed({ dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n });

test('a mark of rot outlives a folder that cannot be looked into for a while, but not the file', async () => {
  const folder = tempFolder();
  // A link to itself: whoever looks behind it gets an error that says nothing of what is there.
  symlinkSync('sub', join(folder, 'sub'));
  const index = new MemoryIndex();
  for (const name of ['gone', 'sub/good']) index.put(name, record);
  for (const name of ['lost', 'sub/rotten']) index.put(name, { ...record, rotten: true });
  const pool = new HashPool(1);
  onTestFinished(() => pool.close());
  const root = new ServedRoot(folder, () => true);
  const hashing = new BackgroundHashing(root, index, new DigestKeeper(index, pool), {
    onRot: () => {},
    isQuiet: () => true,
  });
  await hashing.hashAll();
  expect(namesIn(index, { least: '' }, 10)).toEqual(['sub/rotten']);
  rmSync(join(folder, 'sub'));
  await hashing.hashAll();
  expect(namesIn(index, { least: '' }, 10)).toEqual([]);
  await hashing.close();
});

test.each([true, false])('many files are hashed, whether or not it is quiet: %s', async (isQuiet) => {
  const folder = tempFolder();
  const index = new MemoryIndex();
  const contents = new Map(Array.from({ length: 700 }, (_, nth) => [`d${nth % 7}/f${nth}`, String(nth)]));
  contents.set('large', 'x'.repeat(100_000));
  for (const [name, content] of contents) putFile(folder, name, content);
  for (const name of [...contents.keys(), 'gone', '.hidden']) index.put(name, record);
  const pool = new HashPool(1);
  onTestFinished(() => pool.close());
  const root = new ServedRoot(folder, isName);
  // The last one that was written to is not written to any more.
  await (await root.open('large')).handle.close();
  const keeper = new DigestKeeper(index, pool);
  const told: unknown[] = [];
  const hashing = new BackgroundHashing(root, index, keeper, {
    onRot: (error) => told.push(error),
    isQuiet: () => isQuiet,
  });
  await hashing.hashAll();
  for (const [name, content] of contents) expect(index.get(name)?.md5, name).toBe(md5(content));
  expect(namesIn(index, { least: '' }, 1_000)).toHaveLength(contents.size);
  // Other bytes under the same size and time.
  rot(folder, 'd1/f1', '2');
  rot(folder, 'd3/f10', '11');
  for (const name of ['d1/f1', 'd3/f10']) await (await root.open(name)).handle.close();
  await hashing.hashAll();
  expect(told).toHaveLength(2);
  expect([index.get('d1/f1')?.rotten, index.get('d3/f10')?.rotten]).toEqual([true, true]);
  await hashing.hashAll();
  expect(told).toHaveLength(2);
  await hashing.close();
});

/** A storage of so many files, and what hashes it. */
function hashingOf(files: number) {
  const folder = tempFolder();
  const names = Array.from({ length: files }, (_, nth) => `d${nth % 7}/f${nth}`);
  for (const name of names) putFile(folder, name, name);
  const index = new MemoryIndex();
  const pool = new HashPool(1);
  onTestFinished(() => pool.close());
  const keeper = new DigestKeeper(index, pool);
  const root = new ServedRoot(folder, isName);
  const hashing = new BackgroundHashing(root, index, keeper, { onRot: () => {}, isQuiet: () => true });
  onTestFinished(() => hashing.close());
  const settle = async () => void (await (await root.open(names.at(-1) as string)).handle.close());
  return { names, index, hashing, settle };
}

test.each([10, 700])('what a walk comes upon is hashed, %s files', async (count) => {
  const { names, index, hashing, settle } = hashingOf(count);
  await settle();
  hashing.walkBegins();
  for (const name of names) hashing.add(index.addNames([name]), true);
  await hashing.hashAll();
  for (const name of names) expect(index.get(name)?.md5, name).toBe(md5(name));
});

test('what a walk did not hand over is hashed behind it, and what is gone forgotten', async () => {
  const { names, index, hashing, settle } = hashingOf(100);
  await settle();
  index.put('gone', record);
  hashing.walkBegins();
  hashing.add(index.addNames(names.slice(0, 70)), true);
  index.addNames(names);
  await hashing.hashAll();
  expect(namesIn(index, { least: '' }, 200)).toEqual(names.toSorted());
  for (const name of names) expect(index.get(name)?.md5, name).toBe(md5(name));
});

test('a walk that fails, or ends with the server, keeps nobody waiting', async () => {
  const { names, index, hashing, settle } = hashingOf(70);
  await settle();
  hashing.walkBegins();
  hashing.add(index.addNames(names), true);
  hashing.walkFailed();
  await hashing.hashAll();
  for (const name of names) expect(index.get(name)?.md5, name).toBe(md5(name));
  hashing.walkBegins();
  await hashing.close();
});
