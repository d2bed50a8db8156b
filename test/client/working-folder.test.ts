import { mkdirSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { OpenFolders } from '#sealift/client/many/open-folders.js';
import { TargetFolder } from '#sealift/client/target-folder.js';
import { absolutePath, WorkingFolder } from '#sealift/client/working-folder.js';
import { everythingIn } from '../helpers/files.js';
import { tempFolder } from '../helpers/temp-folder.js';

/** A folder to be in, and its working folder, lent. */
function lentIn(): { home: string; working: WorkingFolder } {
  const [before, home] = [process.cwd(), join(realpathSync(tempFolder()), 'home')];
  mkdirSync(home);
  process.chdir(home);
  const working = WorkingFolder.lend();
  onTestFinished(() => {
    working?.giveBack();
    process.chdir(before);
  });
  if (working === null) throw new Error('not lent');
  return { home, working };
}

function foldersIn(base: string, working: WorkingFolder): OpenFolders {
  const folders = new OpenFolders(base, false, working);
  onTestFinished(() => folders.close());
  return folders;
}

test('paths are short while files are put in a folder, and the next turn finds everything where it was', async () => {
  const { home, working } = lentIn();
  mkdirSync('to/a', { recursive: true });
  const folders = foldersIn('to', working);
  const [outer, inner] = [folders.make(''), folders.make('a')];
  writeFileSync(inner.pathNow('f'), 'inner');
  writeFileSync(outer.pathNow('f'), 'outer');
  expect([inner.pathNow('f'), readFileSync('f', 'utf8')]).toEqual(['f', 'inner']);
  expect(process.cwd()).toBe(join(home, 'to/a'));
  expect(folders.make('b').isNew).toBe(true);
  // Node's threads are where this one is: their paths are absolute.
  expect(await readFile(absolutePath('to/f'), 'utf8')).toBe('outer');
  expect(absolutePath('../to')).toBe(resolve(home, '../to'));
  await nextTurn();
  expect(process.cwd()).toBe(home);
  expect(everythingIn(home)).toEqual(['to/', 'to/a/', 'to/a/f', 'to/b/', 'to/f']);
});

test('a folder that is replaced by a link is not entered, but the one that was opened', () => {
  const { home, working } = lentIn();
  const outside = tempFolder();
  const folders = foldersIn('.', working);
  const folder = folders.make('a');
  renameSync(join(home, 'a'), join(home, 'moved'));
  symlinkSync(outside, join(home, 'a'));
  writeFileSync(folder.pathNow('f'), '');
  expect(everythingIn(outside)).toEqual([]);
  expect(everythingIn(join(home, 'moved'))).toEqual(['f']);
});

test('it is lent to one at a time, and given back', async () => {
  const { home, working } = lentIn();
  const folders = foldersIn('.', working);
  expect(WorkingFolder.lend()).toBe(null);
  folders.make('a').pathNow('f');
  working.giveBack();
  expect([process.cwd(), absolutePath('x')]).toEqual([home, join(home, 'x')]);
  await nextTurn();
  const again = WorkingFolder.lend();
  expect(again).not.toBe(null);
  again?.giveBack();
});

test('a folder that cannot be entered is used from outside', () => {
  const { home, working } = lentIn();
  // No folder, so that nobody can enter it, root neither.
  writeFileSync('file', '');
  expect(working.enter({ fd: -1 })).toBe(false);
  expect(process.cwd()).toBe(home);
});

test('a base that is named from the working folder is made where it was, by way of `..` too', async () => {
  const { home, working } = lentIn();
  mkdirSync('in');
  // What the name would lead to from the folder that is lent.
  mkdirSync('e');
  foldersIn('in', working).make('').pathNow('f');
  const opening = TargetFolder.open('../e', ['f', 'g'], true);
  // This turn lasts until a thread has begun on it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  const folder = await opening;
  await folder.close();
  expect(folder.shown('x')).toBe('../e/f/g/x');
  expect(everythingIn(resolve(home, '../e'))).toEqual(['f/', 'f/g/']);
});
