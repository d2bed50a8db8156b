import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HashPool } from '#sealift/digest/index.js';
import { notHashed } from '#sealift/store/digest-index/digest-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { BackgroundHashing } from '#sealift/store/local/background-hashing.js';
import { DigestKeeper } from '#sealift/store/local/digest-keeper.js';
import { ServedRoot } from '#sealift/store/local/served-root.js';
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
  const hashing = new BackgroundHashing(root, index, new DigestKeeper(index, pool), () => {});
  await hashing.hashAll();
  expect(index.names({ least: '' }, 10)).toEqual(['sub/rotten']);
  rmSync(join(folder, 'sub'));
  await hashing.hashAll();
  expect(index.names({ least: '' }, 10)).toEqual([]);
  await hashing.close();
});
