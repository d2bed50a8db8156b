import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OpenFolders } from '#sealift/client/many/open-folders.js';
import { everythingIn } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

function foldersIn(base: string, fsync = false): OpenFolders {
  const folders = new OpenFolders(base, fsync);
  onTestFinished(() => folders.close());
  return folders;
}

test('what is missing is not found, and made from the outermost on', async () => {
  const base = join(tempFolder(), 'not/there');
  const folders = foldersIn(base);
  expect(folders.find('a/b')).toBe(null);
  await folders.makeBase();
  const made = folders.make('a/b');
  expect([made.isNew, folders.find('a/b') === made, folders.find('')?.isNew]).toEqual([true, true, false]);
  expect(everythingIn(base)).toEqual(['a/', 'a/b/']);
  expect(made.shown('f')).toBe(join(base, 'a/b/f'));
  writeFileSync(made.path('f'), '');
  expect(everythingIn(base)).toContain('a/b/f');
});

test('a link below the base is refused, wherever it leads', () => {
  const [base, outside] = [tempFolder(), tempFolder()];
  mkdirSync(join(outside, 'b'));
  symlinkSync(outside, join(base, 'a'));
  const folders = foldersIn(base);
  for (const name of ['a', 'a/b', 'a/c']) {
    expect(() => folders.find(name)).toThrow(/ENOTDIR|ELOOP/);
    expect(() => folders.make(name)).toThrow(/ENOTDIR|ELOOP/);
  }
  expect(everythingIn(outside)).toEqual(['b/']);
});

test('a folder that is replaced by a link after it was opened leads nowhere else', () => {
  const [base, outside] = [tempFolder(), tempFolder()];
  const folders = foldersIn(base);
  const folder = folders.make('a');
  renameSync(join(base, 'a'), join(base, 'moved'));
  symlinkSync(outside, join(base, 'a'));
  writeFileSync(folder.path('f'), '');
  folders.make('a/b');
  expect(everythingIn(outside)).toEqual([]);
  expect(everythingIn(join(base, 'moved'))).toEqual(['b/', 'f']);
});

test('few stay open, but for those in which something is under way', () => {
  const base = tempFolder();
  const before = readdirSync('/proc/self/fd').length;
  const folders = foldersIn(base);
  const held = folders.make('held');
  held.keepOpen();
  for (let at = 0; at < 200; at++) folders.make(`d${at}`);
  expect(readdirSync('/proc/self/fd').length - before).toBeLessThanOrEqual(65);
  writeFileSync(held.path('f'), '');
  expect(folders.find('held')).toBe(held);
  expect(folders.find('d0')?.isNew).toBe(false);
  held.letGo();
});

test('a new folder is safe when its name was synced in the one above', async () => {
  const folders = foldersIn(tempFolder(), true);
  const [outer, inner] = [folders.make('a'), folders.make('a/b')];
  expect([outer.safe, inner.safe]).toEqual([expect.any(Promise), expect.any(Promise)]);
  await folders.safe('a/b/file');
  expect([outer.safe, inner.safe]).toEqual([null, null]);
});
