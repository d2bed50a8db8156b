import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { putFile } from '../../helpers/files.js';
import { entriesOf, namesOf, openStore } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

test('pages follow each other, and next is null exactly at the end', async () => {
  const folder = tempFolder();
  const names = Array.from({ length: 30 }, (_, at) => `f${String(at).padStart(2, '0')}`);
  for (const name of names) putFile(folder, name, name);
  const store = await openStore(folder);
  const query = { matches: () => true };
  for (const limit of [1, 7, 10, 29, 30, 31]) {
    const seen: string[] = [];
    let after: string | undefined;
    for (let page = 1; ; page++) {
      const { entries, next } = await store.list({ ...query, limit, after });
      seen.push(...entries.map(({ name }) => name));
      expect(entries.length).toBe(Math.min(limit, 30 - limit * (page - 1)));
      expect(next).toBe(seen.length === 30 ? null : seen.at(-1));
      if (next === null) break;
      after = next;
    }
    expect(seen).toEqual(names);
  }
  expect(await store.list({ ...query, limit: 5, after: 'f29' })).toEqual({ entries: [], next: null });
  expect(await store.list({ ...query, limit: 5, after: 'zzz' })).toEqual({ entries: [], next: null });
});

test('next is null when what is left does not match, or is gone', async () => {
  const folder = tempFolder();
  for (const name of ['a', 'b', 'c.txt']) putFile(folder, name, name);
  const store = await openStore(folder);
  const short = (name: string) => name.length === 1;
  expect((await store.list({ matches: short, limit: 2 })).next).toBeNull();
  expect((await store.list({ matches: () => true, limit: 2 })).next).toBe('b');
  unlinkSync(join(folder, 'c.txt'));
  expect((await store.list({ matches: () => true, limit: 2 })).next).toBeNull();
});

test('a prefix narrows a listing down, whatever after says', async () => {
  const folder = tempFolder();
  for (const name of ['a', 'sub/x', 'sub/y', 'sub-b/z', 'z']) putFile(folder, name, name);
  const store = await openStore(folder);
  const below = { prefix: 'sub/', matches: (name: string) => name.startsWith('sub/') };
  expect(await namesOf(store, below)).toEqual(['sub/x', 'sub/y']);
  expect(await namesOf(store, { ...below, after: 'a' })).toEqual(['sub/x', 'sub/y']);
  expect(await namesOf(store, { ...below, after: 'sub/x' })).toEqual(['sub/y']);
  expect(await namesOf(store, { ...below, after: 'z' })).toEqual([]);
});

test('hidden and unsafe names, and what is no file, are not listed', async () => {
  const folder = tempFolder();
  const unsafe = ['.hidden', '.folder/a', 'sub/.b', 'back\\slash', 'new\nline', 'rtl\u{202e}txt', 'e\u0301'];
  for (const name of [...unsafe, 'good', '{a,b}', '*', '[x]', '!y', '(z)']) putFile(folder, name, '');
  putFile(folder, 'n\u00e9', '');
  const store = await openStore(folder);
  expect(await namesOf(store)).toEqual(['!y', '(z)', '*', '[x]', 'good', 'n\u00e9', '{a,b}']);
});

test('a listing takes in everything that happened before it', async () => {
  const folder = tempFolder();
  putFile(folder, 'stays', 'x');
  const store = await openStore(folder);
  expect(await namesOf(store)).toEqual(['stays']);
  for (let round = 0; round < 40; round++) {
    writeFileSync(join(folder, 'new'), 'x');
    expect(await namesOf(store), `created, round ${round}`).toEqual(['new', 'stays']);
    appendFileSync(join(folder, 'new'), 'yz');
    expect((await entriesOf(store))[0]?.size, `edited, round ${round}`).toBe(3);
    renameSync(join(folder, 'new'), join(folder, 'renamed'));
    expect(await namesOf(store), `renamed, round ${round}`).toEqual(['renamed', 'stays']);
    unlinkSync(join(folder, 'renamed'));
    expect(await namesOf(store), `removed, round ${round}`).toEqual(['stays']);
    putFile(folder, 'tree/of/new/folders/leaf', 'x');
    putFile(folder, 'tree/of/leaf', 'x');
    expect(await namesOf(store), `tree, round ${round}`).toEqual([
      'stays',
      'tree/of/leaf',
      'tree/of/new/folders/leaf',
    ]);
    putFile(folder, 'tree/of/new/folders/second', 'x');
    expect(await namesOf(store, { prefix: 'tree/of/new/' })).toEqual([
      'tree/of/new/folders/leaf',
      'tree/of/new/folders/second',
    ]);
    renameSync(join(folder, 'tree'), join(folder, 'moved'));
    putFile(folder, 'moved/of/new/third', 'x');
    expect(await namesOf(store), `moved, round ${round}`).toEqual([
      'moved/of/leaf',
      'moved/of/new/folders/leaf',
      'moved/of/new/folders/second',
      'moved/of/new/third',
      'stays',
    ]);
    rmSync(join(folder, 'moved'), { recursive: true });
    expect(await namesOf(store), `folder gone, round ${round}`).toEqual(['stays']);
  }
});

test('a folder that is removed and made again at once is watched again', async () => {
  const folder = tempFolder();
  putFile(folder, 'a/b/first', 'x');
  const store = await openStore(folder);
  expect(await namesOf(store)).toEqual(['a/b/first']);
  for (let round = 0; round < 20; round++) {
    rmSync(join(folder, 'a'), { recursive: true });
    putFile(folder, `a/b/second${round}`, 'x');
    expect(await namesOf(store), `round ${round}`).toEqual([`a/b/second${round}`]);
    putFile(folder, `a/b/third${round}`, 'x');
    expect(await namesOf(store), `round ${round}`).toEqual([`a/b/second${round}`, `a/b/third${round}`]);
    renameSync(join(folder, 'a'), join(folder, `old`));
    putFile(folder, 'a/b/fourth', 'x');
    putFile(folder, 'old/b/fifth', 'x');
    expect(
      (await namesOf(store)).filter((name) => /fo|fi/.test(name)),
      `round ${round}`,
    ).toEqual(['a/b/fourth', 'old/b/fifth']);
    rmSync(join(folder, 'old'), { recursive: true });
  }
});

test('folders that come while files are put into them are caught whole', async () => {
  const folder = tempFolder();
  const store = await openStore(folder);
  await namesOf(store);
  // In a thread of its own, so that walks and changes run into each other.
  const writer = new Worker(
    `const { mkdirSync, writeFileSync } = require('node:fs');
     const { workerData: folder } = require('node:worker_threads');
     for (let at = 0; at < 1000; at++) {
       const path = folder + '/r' + String(at).padStart(4, '0') + '/deep/er';
       mkdirSync(path, { recursive: true });
       for (const name of ['1', '2', '3']) writeFileSync(path + '/' + name, '');
     }`,
    { eval: true, workerData: folder },
  );
  let isOver = false;
  writer.once('exit', () => (isOver = true));
  while (!isOver) await namesOf(store, { limit: 1 });
  const expected = Array.from({ length: 3_000 }, (_, at) => {
    return `r${String(Math.floor(at / 3)).padStart(4, '0')}/deep/er/${(at % 3) + 1}`;
  });
  expect(await namesOf(store, { limit: 5_000 })).toEqual(expected);
});

test('links to files and folders inside are listed, those that lead outside are not', async () => {
  const [folder, outside] = [tempFolder(), tempFolder()];
  putFile(outside, 'secret', 'secret');
  putFile(folder, 'sub/a', 'inside');
  symlinkSync('sub/a', join(folder, 'file-link'));
  symlinkSync('sub', join(folder, 'link'));
  symlinkSync(outside, join(folder, 'out'));
  symlinkSync(join(outside, 'secret'), join(folder, 'leaf'));
  const store = await openStore(folder);
  expect(await namesOf(store)).toEqual(['file-link', 'link/a', 'sub/a']);
  expect((await entriesOf(store))[0]?.size).toBe(6);
  symlinkSync(outside, join(folder, 'sub/out'));
  symlinkSync('../sub', join(folder, 'sub/self'));
  symlinkSync('sub/a', join(folder, 'late'));
  putFile(folder, 'sub/b', '');
  expect(await namesOf(store)).toEqual(['file-link', 'late', 'link/a', 'link/b', 'sub/a', 'sub/b']);
});

test('a link is listed as soon as what it leads to is there, and again when that is made anew', async () => {
  const folder = tempFolder();
  symlinkSync('later', join(folder, 'link'));
  symlinkSync('folder', join(folder, 'folder-link'));
  const store = await openStore(folder);
  expect(await namesOf(store)).toEqual([]);
  for (let round = 0; round < 5; round++) {
    putFile(folder, 'later', 'x');
    putFile(folder, 'folder/a', 'x');
    expect(await namesOf(store), `round ${round}`).toEqual(['folder-link/a', 'folder/a', 'later', 'link']);
    putFile(folder, 'folder/b', 'x');
    expect(
      await namesOf(store, { prefix: 'folder-link', matches: (name) => name.startsWith('folder-link') }),
    ).toEqual(['folder-link/a', 'folder-link/b']);
    rmSync(join(folder, 'folder'), { recursive: true });
    unlinkSync(join(folder, 'later'));
    expect(await namesOf(store), `round ${round}`).toEqual([]);
  }
});

test('circles of links end, before and after the store was opened', async () => {
  const folder = tempFolder();
  putFile(folder, 'a/x', '');
  putFile(folder, 'b/y', '');
  symlinkSync('../b', join(folder, 'a/to-b'));
  symlinkSync('../a', join(folder, 'b/to-a'));
  symlinkSync('.', join(folder, 'self'));
  const expected = ['a/to-b/y', 'a/x', 'b/to-a/x', 'b/y'];
  expect(await namesOf(await openStore(folder))).toEqual(expected);

  const late = tempFolder();
  const store = await openStore(late);
  expect(await namesOf(store)).toEqual([]);
  putFile(late, 'a/x', '');
  putFile(late, 'b/y', '');
  expect(await namesOf(store)).toEqual(['a/x', 'b/y']);
  symlinkSync('../b', join(late, 'a/to-b'));
  expect(await namesOf(store)).toEqual(['a/to-b/y', 'a/x', 'b/y']);
  symlinkSync('../a', join(late, 'b/to-a'));
  symlinkSync('.', join(late, 'self'));
  expect(await namesOf(store)).toEqual(expected);
});

test('random changes: the listing is always what is on disk', async () => {
  const folder = tempFolder();
  const store = await openStore(folder);
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const pick = <T>(from: readonly T[]): T => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return from[(state >> 8) % from.length] as T;
  };
  const folders = ['', 'p/', 'p/q/', 'p/q/r/', 's/', 's/t/'];
  for (let round = 0; round < 150; round++) {
    for (let change = 0; change < 4; change++) {
      const path = join(folder, pick(folders), pick(['1', '2', '3']));
      const dir = join(folder, pick(folders.slice(1)));
      const kind = pick(['put', 'put', 'put', 'remove', 'remove folder', 'move folder'] as const);
      if (kind === 'put') putFile(folder, path.slice(folder.length + 1), `${round}`);
      else if (kind === 'remove') rmSync(path, { force: true });
      else if (kind === 'remove folder') rmSync(dir, { recursive: true, force: true });
      else if (existsSync(dir)) {
        const to = join(folder, pick(['s', 'p', 'moved']));
        if (!existsSync(to) && !to.startsWith(dir)) renameSync(dir, to);
      }
    }
    const onDisk = (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort();
    expect(await namesOf(store), `seed ${seed}, round ${round}`).toEqual(onDisk);
  }
});

test('a storage that is removed and made again lists what is in it', async () => {
  const folder = join(tempFolder(), 'storage');
  putFile(folder, 'a', '');
  const store = await openStore(folder);
  expect(await namesOf(store)).toEqual(['a']);
  rmSync(folder, { recursive: true });
  expect(await namesOf(store)).toEqual([]);
  mkdirSync(folder);
  expect(await namesOf(store)).toEqual([]);
});

test('matching that takes long leaves the event loop to others', async () => {
  const folder = tempFolder();
  for (let nth = 0; nth < 100; nth++) putFile(folder, `file-${nth}`, '');
  const store = await openStore(folder);
  await namesOf(store);
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  const seen: number[] = [];
  const matches = () => {
    if (seen.length === 0) count();
    const until = performance.now() + 3;
    while (performance.now() < until);
    seen.push(turns);
    return false;
  };
  await namesOf(store, { matches });
  isOver = true;
  expect(seen).toHaveLength(100);
  // 300 ms in slices of 5 ms, and a turn of the loop after each.
  expect((seen.at(-1) ?? 0) - (seen[0] ?? 0)).toBeGreaterThan(20);
});
