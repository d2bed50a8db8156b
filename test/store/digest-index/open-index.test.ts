import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type DigestIndex, type IndexRecord, notHashed } from '#sealift/store/digest-index/digest-index.js';
import { INDEX_FILE } from '#sealift/store/digest-index/lmdb-index.js';
import { openIndex } from '#sealift/store/digest-index/open-index.js';
import { someBytes } from '../../helpers/files.js';
import { namesIn } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const record: IndexRecord = {
  ...notHashed({ dev: 1n, ino: 2n, size: 3n, mtimeNs: -4n, ctimeNs: 5n }),
  md5: 'd41d8cd98f00b204e9800998ecf8427e',
  rotten: false,
};

const opened: DigestIndex[] = [];
afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
});

async function open(root: string, env: NodeJS.ProcessEnv = {}): Promise<DigestIndex> {
  const index = await openIndex(root, env);
  opened.push(index);
  return index;
}

test('the index is in the storage, and is there again next time', async () => {
  const root = tempFolder();
  const first = await open(root);
  expect(first).toMatchObject({ kind: 'storage', folder: join(root, '.sealift') });
  first.put('a', record);
  await first.close();
  expect((await open(root)).get('a')).toEqual(record);
});

test('a storage that cannot be written has its index in the cache folder', async () => {
  const [root, other, cache] = [tempFolder(), tempFolder(), tempFolder()];
  for (const folder of [root, other]) writeFileSync(join(folder, '.sealift'), 'a file in the way');
  const index = await open(root, { XDG_CACHE_HOME: cache });
  expect(index.kind).toBe('cache');
  expect(index.folder?.startsWith(join(cache, 'sealift/'))).toBe(true);
  // Another storage has another index.
  expect((await open(other, { XDG_CACHE_HOME: cache })).folder).not.toBe(index.folder);
});

test('without XDG_CACHE_HOME, or with a relative one, the cache folder is ~/.cache', async () => {
  const [root, home] = [tempFolder(), tempFolder()];
  writeFileSync(join(root, '.sealift'), '');
  const index = await open(root, { HOME: home, XDG_CACHE_HOME: 'relative' });
  expect(index.folder?.startsWith(join(home, '.cache/sealift/'))).toBe(true);
});

test('where nothing can be written the index is in memory', async () => {
  const root = tempFolder();
  writeFileSync(join(root, '.sealift'), '');
  const cache = join(root, 'file');
  writeFileSync(cache, '');
  const index = await open(root, { XDG_CACHE_HOME: cache });
  expect(index).toMatchObject({ kind: 'memory', folder: null });
  index.put('a', record);
  expect(index.get('a')).toEqual(record);
});

const cut = (share: number) => (file: string) => truncateSync(file, Math.floor(statSync(file).size * share));
const damages: [string, (file: string) => void][] = [
  ['a little garbage', (file) => writeFileSync(file, 'garbage')],
  ['much garbage', (file) => writeFileSync(file, someBytes(100_000))],
  ['zeros', (file) => writeFileSync(file, Buffer.alloc(20_000))],
  ['nothing', (file) => truncateSync(file, 0)],
  ['cut off after 0.5%', cut(0.005)],
  ['cut in half', cut(0.5)],
  ['cut by a third', cut(0.7)],
  ['cut by a tenth', cut(0.9)],
];

test.each(damages)('a damaged index is made anew: %s', async (_what, damage) => {
  const root = tempFolder();
  const before = await open(root);
  for (let at = 0; at < 20_000; at++) before.put(`n${at}`, record);
  await before.close();
  damage(join(root, '.sealift', INDEX_FILE));

  const after = await open(root);
  expect(after.kind).toBe('storage');
  // Empty or not, it can be read throughout, and says nothing that is wrong.
  const known = JSON.stringify(record, text);
  for (let at = 0; at < 20_000; at++) {
    const found = after.get(`n${at}`);
    if (found !== undefined && JSON.stringify(found, text) !== known) expect(found).toEqual(record);
  }
  for (let at = 0; at < 1_000; at++) after.put(`other/name${at}`, record);
  await after.settled();
  expect(namesIn(after, { least: 'other/' }, 1_000).length).toBe(1_000);
});

const text = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

test('a probe that is ended from outside says nothing: the index stays, with its marks of rot', async () => {
  const root = tempFolder();
  const first = await open(root);
  first.put('a', { ...record, rotten: true });
  await first.close();
  // Stands for the terminal, whose Ctrl-C comes to every process of its group.
  const program = [
    `import { openIndex } from ${JSON.stringify(import.meta.resolve('#sealift/store/digest-index/open-index.js'))};`,
    "process.on('SIGINT', () => {});",
    "setTimeout(() => process.kill(-process.pid, 'SIGINT'), 40);",
    `const index = await openIndex(${JSON.stringify(root)}, {});`,
    'await index.close();',
  ].join('\n');
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    detached: true,
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect((await open(root)).get('a')).toMatchObject({ rotten: true });
});
