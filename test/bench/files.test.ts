import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFile } from '../../bench/files/same-file.js';
import { putRandomTree } from '../../bench/files/samples.js';
import { checkTree, copyTree, namesIn } from '../../bench/files/trees.js';
import { tempFolder } from '../helpers/temp-folder.js';

function twoTrees() {
  const [source, target] = [tempFolder(), tempFolder()];
  const names = putRandomTree(source, { count: 120, size: 100 });
  copyTree(source, names, target);
  return { source, target, names, path: join(target, names[117] as string) };
}

test('a tree that is right passes, and has its files in order', () => {
  const { source, target, names } = twoTrees();
  expect(namesIn(source)).toEqual(names);
  expect(() => checkTree(source, names, target)).not.toThrow();
});

test('hidden files and folders of a source are not taken', () => {
  const folder = tempFolder();
  mkdirSync(join(folder, '.sealift'));
  for (const name of ['.sealift/index', '.hidden', 'seen']) writeFileSync(join(folder, name), '');
  expect(namesIn(folder)).toEqual(['seen']);
});

test.each<[string, (path: string) => void, RegExp]>([
  ['another byte', (path) => writeFileSync(path, Buffer.alloc(100)), /is not what it should be/],
  ['a byte more', (path) => appendFileSync(path, '!'), /is not what it should be/],
  ['one file less', (path) => rmSync(path), /119 files/],
  ['a file that was left behind', (path) => writeFileSync(`${path}.part`, ''), /121 files/],
  ['another name', (path) => renameSync(path, `${path}x`), /is missing/],
])('a tree with %s does not', (_, spoil, says) => {
  const { source, target, names, path } = twoTrees();
  spoil(path);
  expect(() => checkTree(source, names, target)).toThrow(says);
});

test('files are compared byte for byte, over more than one piece', () => {
  const folder = tempFolder();
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  const content = Buffer.alloc((4 << 20) + 10, 'x');
  writeFileSync(a, content);
  writeFileSync(b, content);
  expect(() => checkFile(a, b)).not.toThrow();
  content[content.length - 1] = 0;
  writeFileSync(b, content);
  expect(() => checkFile(a, b)).toThrow(/differs within 10 bytes from 4194304/);
  writeFileSync(b, content.subarray(1));
  expect(() => checkFile(a, b)).toThrow(/has 4194313 bytes/);
});
