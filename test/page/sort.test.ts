import { expect, test } from 'vitest';
import type { Entry } from '#sealift/page/entry.js';
import { sortEntries } from '#sealift/page/sort.js';

const file = (name: string, size = 0, mtime = 0, type = 'text/plain'): Entry => ({
  kind: 'file',
  name,
  size,
  mtime,
  type,
  md5: null,
});
const names = (entries: Entry[]) => entries.map(({ name }) => name);

test('names: folders first, numbers as people count, in either case', () => {
  const entries: Entry[] = [
    file('x/file 10'),
    file('x/B'),
    file('x/file 2'),
    { kind: 'folder', name: 'x/z' },
    file('x/a'),
    { kind: 'folder', name: 'x/y' },
  ];
  expect(names(sortEntries(entries, { key: 'name', descending: false }))).toEqual([
    'x/y',
    'x/z',
    'x/a',
    'x/B',
    'x/file 2',
    'x/file 10',
  ]);
  expect(names(sortEntries(entries, { key: 'name', descending: true }))).toEqual([
    'x/z',
    'x/y',
    'x/file 10',
    'x/file 2',
    'x/B',
    'x/a',
  ]);
});

test('by size, time and type; those that are equal stand by name, whichever way', () => {
  const entries: Entry[] = [
    file('c', 1, 5, 'image/png'),
    file('a', 3, 5, 'text/plain'),
    { kind: 'folder', name: 'f' },
    file('b', 1, 9, 'audio/wav'),
  ];
  expect(names(sortEntries(entries, { key: 'size', descending: false }))).toEqual(['f', 'b', 'c', 'a']);
  expect(names(sortEntries(entries, { key: 'size', descending: true }))).toEqual(['f', 'a', 'b', 'c']);
  expect(names(sortEntries(entries, { key: 'date', descending: true }))).toEqual(['f', 'b', 'a', 'c']);
  expect(names(sortEntries(entries, { key: 'type', descending: false }))).toEqual(['f', 'b', 'c', 'a']);
});
