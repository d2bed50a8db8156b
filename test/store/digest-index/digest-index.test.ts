import { describe, expect, test } from 'vitest';
import type { DigestIndex, IndexRecord } from '#sealift/store/digest-index/digest-index.js';
import { LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const record = (ino: number, md5: string | null = null): IndexRecord => ({
  identity: { dev: 1n, ino: BigInt(ino), size: 3n, mtimeNs: -5n, ctimeNs: 6n },
  md5,
  rotten: false,
});

async function fill(index: DigestIndex, names: string[]): Promise<void> {
  for (const [ino, name] of names.entries()) index.put(name, record(ino));
  await index.settled();
}

const kinds: [string, () => DigestIndex][] = [
  ['LmdbIndex', () => new LmdbIndex(tempFolder(), 'storage')],
  ['MemoryIndex', () => new MemoryIndex()],
];

describe.each(kinds)('%s keeps the contract of an index', (_kind, open) => {
  test('names come in the order of their UTF-8 bytes', async () => {
    const index = open();
    // U+E000…U+FFFF sort behind astral characters as JavaScript strings, before them as bytes.
    const sorted = [
      'A',
      'Z',
      'a',
      'a b',
      'a/b',
      'aa',
      'b',
      'é',
      '日',
      '\u{e000}',
      '\u{ffee}',
      '😀',
      '\u{10fffd}',
    ];
    await fill(index, sorted.toReversed());
    expect(index.names({ least: '' }, 100)).toEqual(sorted);
    await index.close();
  });

  test('least takes the bound in, behind leaves it out, and limit holds', async () => {
    const index = open();
    await fill(index, ['a', 'b', 'b/c', 'd']);
    expect(index.names({ least: 'b' }, 2)).toEqual(['b', 'b/c']);
    expect(index.names({ behind: 'b' }, 2)).toEqual(['b/c', 'd']);
    expect(index.names({ least: 'b/' }, 10)).toEqual(['b/c', 'd']);
    expect(index.names({ behind: 'a' }, 1)).toEqual(['b']);
    expect(index.names({ behind: 'd' }, 10)).toEqual([]);
    expect(index.names({ least: 'e' }, 10)).toEqual([]);
    await index.close();
  });

  test('paging by behind meets every name once', async () => {
    const index = open();
    const all = Array.from({ length: 1_000 }, (_, at) => `folder${at % 7}/file${at}`).sort();
    await fill(index, all);
    const seen: string[] = [];
    for (let page = index.names({ least: '' }, 64); page.length > 0; ) {
      seen.push(...page);
      page = index.names({ behind: page.at(-1) as string }, 64);
    }
    expect(seen).toEqual(all);
    await index.close();
  });

  test('a put is read at once, and replaced by the next', async () => {
    const index = open();
    expect(index.get('a')).toBeUndefined();
    index.put('a', record(1));
    expect(index.get('a')).toEqual(record(1));
    index.put('a', record(2, 'd41d8cd98f00b204e9800998ecf8427e'));
    expect(index.get('a')).toEqual(record(2, 'd41d8cd98f00b204e9800998ecf8427e'));
    await index.settled();
    expect(index.get('a')).toEqual(record(2, 'd41d8cd98f00b204e9800998ecf8427e'));
    expect(index.names({ least: '' }, 10)).toEqual(['a']);
    await index.close();
  });

  test('a remove is seen at once by get, and by names when settled', async () => {
    const index = open();
    await fill(index, ['a', 'b']);
    index.remove('a');
    index.remove('never there');
    expect(index.get('a')).toBeUndefined();
    await index.settled();
    expect(index.names({ least: '' }, 10)).toEqual(['b']);
    index.put('a', record(9));
    await index.settled();
    expect(index.get('a')).toEqual(record(9));
    expect(index.names({ least: '' }, 10)).toEqual(['a', 'b']);
    await index.close();
  });

  test('a bound longer than any name is no error', async () => {
    const index = open();
    const longest = 'm'.repeat(1_024);
    await fill(index, ['a', longest, 'z']);
    expect(index.names({ behind: 'm'.repeat(60_000) }, 10)).toEqual(['z']);
    expect(index.names({ least: 'm'.repeat(2_000) }, 10)).toEqual(['z']);
    expect(index.names({ behind: 'l'.repeat(60_000) }, 10)).toEqual([longest, 'z']);
    await index.close();
  });
});
