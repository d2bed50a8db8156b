import { blake3 } from '@napi-rs/blake-hash';
import { describe, expect, test } from 'vitest';
import { type DigestIndex, type IndexRecord, notHashed } from '#sealift/store/digest-index/digest-index.js';
import { LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { encodeRecord } from '#sealift/store/digest-index/record-codec.js';
import { CHUNK, md5, someBytes } from '../../helpers/files.js';
import { namesIn } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const record = (ino: number, md5: string | null = null): IndexRecord => ({
  ...notHashed({ dev: 1n, ino: BigInt(ino), size: 3n, mtimeNs: -5n, ctimeNs: 6n }),
  md5,
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
    expect(namesIn(index, { least: '' }, 100)).toEqual(sorted);
    await index.close();
  });

  test('least takes the bound in, behind leaves it out, and limit holds', async () => {
    const index = open();
    await fill(index, ['a', 'b', 'b/c', 'd']);
    expect(namesIn(index, { least: 'b' }, 2)).toEqual(['b', 'b/c']);
    expect(namesIn(index, { behind: 'b' }, 2)).toEqual(['b/c', 'd']);
    expect(namesIn(index, { least: 'b/' }, 10)).toEqual(['b/c', 'd']);
    expect(namesIn(index, { behind: 'a' }, 1)).toEqual(['b']);
    expect(namesIn(index, { behind: 'd' }, 10)).toEqual([]);
    expect(namesIn(index, { least: 'e' }, 10)).toEqual([]);
    await index.close();
  });

  test('paging by behind meets every name once', async () => {
    const index = open();
    const all = Array.from({ length: 1_000 }, (_, at) => `folder${at % 7}/file${at}`).sort();
    await fill(index, all);
    const seen: string[] = [];
    for (let page = namesIn(index, { least: '' }, 64); page.length > 0; ) {
      seen.push(...page);
      page = namesIn(index, { behind: page.at(-1) as string }, 64);
    }
    expect(seen).toEqual(all);
    await index.close();
  });

  test('names are taken in once, with nothing known of them', async () => {
    const index = open();
    index.put('b', record(1, 'd41d8cd98f00b204e9800998ecf8427e'));
    expect(index.addNames(['a', 'b', 'c'])).toEqual(['a', 'c']);
    expect(index.addNames(['a', 'c'])).toEqual([]);
    expect(index.get('a')?.md5).toBeNull();
    index.remove('c');
    expect(index.addNames(['a', 'b', 'c'])).toEqual(['c']);
    await index.settled();
    expect(index.addNames(['a', 'b', 'c'])).toEqual([]);
    expect(namesIn(index, { least: '' }, 10)).toEqual(['a', 'b', 'c']);
    expect(index.get('b')).toEqual(record(1, 'd41d8cd98f00b204e9800998ecf8427e'));
    await index.close();
  });

  test('a record of a first hashing is put where no digest is known, and nowhere else', async () => {
    const index = open();
    const first = { ...record(7, 'd41d8cd98f00b204e9800998ecf8427e'), verifiedAt: 8 };
    const rotten = { ...record(1), rotten: true };
    index.put('known', record(1, 'aa1d8cd98f00b204e9800998ecf8427e'));
    index.put('rotten', rotten);
    index.addNames(['new']);
    for (let round = 0; round < 2; round++) {
      for (const name of ['known', 'rotten']) expect(index.putFirst(name, encodeRecord(first))).toBe(false);
      await index.settled();
    }
    expect(index.get('known')).toEqual(record(1, 'aa1d8cd98f00b204e9800998ecf8427e'));
    expect(index.get('rotten')).toEqual(rotten);
    for (const name of ['new', 'other']) {
      expect(index.putFirst(name, encodeRecord(first))).toBe(true);
      expect(index.get(name)).toEqual(first);
      expect(index.putFirst(name, encodeRecord(first))).toBe(false);
    }
    await index.settled();
    expect(namesIn(index, { least: '' }, 10)).toEqual(['known', 'new', 'other', 'rotten']);
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
    expect(namesIn(index, { least: '' }, 10)).toEqual(['a']);
    await index.close();
  });

  test('a remove is seen at once by get, and by names when settled', async () => {
    const index = open();
    await fill(index, ['a', 'b']);
    index.remove('a');
    index.remove('never there');
    expect(index.get('a')).toBeUndefined();
    await index.settled();
    expect(namesIn(index, { least: '' }, 10)).toEqual(['b']);
    index.put('a', record(9));
    await index.settled();
    expect(index.get('a')).toEqual(record(9));
    expect(namesIn(index, { least: '' }, 10)).toEqual(['a', 'b']);
    await index.close();
  });

  test('a bound longer than any name is no error', async () => {
    const index = open();
    const longest = 'm'.repeat(1_024);
    await fill(index, ['a', longest, 'z']);
    expect(namesIn(index, { behind: 'm'.repeat(60_000) }, 10)).toEqual(['z']);
    expect(namesIn(index, { least: 'm'.repeat(2_000) }, 10)).toEqual(['z']);
    expect(namesIn(index, { behind: 'l'.repeat(60_000) }, 10)).toEqual([longest, 'z']);
    await index.close();
  });

  test('the time of the last scrub is kept, and is no name', async () => {
    const index = open();
    expect(index.scrubbedAt).toBeNull();
    for (const time of [1_767_225_600_000, 0, null, 5]) {
      index.scrubbedAt = time;
      expect(index.scrubbedAt).toBe(time);
      await index.settled();
      expect(index.scrubbedAt).toBe(time);
    }
    expect(namesIn(index, { least: '' }, 10)).toEqual([]);
    await index.close();
    if (index.kind !== 'memory') expect(index.scrubbedAt).toBeNull();
  });

  test('a manifest comes back piece by piece', async () => {
    const index = open();
    const chunks = 2 * 4_096 + 5;
    const { manifest, ...kept } = recordOf(chunks);
    index.put('big', kept, manifest);
    for (let round = 0; round < 2; round++) {
      const pieces = [0, 1, 2].map((at) => index.piece('big', kept, at) as Buffer);
      expect(pieces.map((piece) => piece.length)).toEqual([4_096 * 32, 4_096 * 32, 5 * 32]);
      expect(Buffer.concat(pieces).equals(manifest)).toBe(true);
      await index.settled();
    }
    expect(namesIn(index, { least: '' }, 10)).toEqual(['big']);
    await index.close();
  });

  test('a record that is put without a manifest keeps the one of its root, and no other', async () => {
    const index = open();
    const { manifest, ...kept } = recordOf(5_000);
    index.put('big', kept, manifest);
    index.put('big', { ...kept, rotten: true });
    expect(index.piece('big', kept, 1)?.length).toBe(904 * 32);
    const other = { ...kept, root: 'e'.repeat(64) };
    index.put('big', other);
    for (const record of [kept, other]) {
      for (const at of [0, 1]) expect(index.piece('big', record, at)).toBeUndefined();
    }
    await index.close();
  });

  test('a shorter manifest leaves nothing of the longer one before, and a removed name nothing at all', async () => {
    const index = open();
    const [long, short] = [recordOf(3 * 4_096), recordOf(4_097, 2)];
    index.put('big', long, long.manifest);
    await index.settled();
    index.put('big', short, short.manifest);
    for (let at = 0; at < 3; at++) expect(index.piece('big', long, at)).toBeUndefined();
    expect(index.piece('big', short, 1)?.equals(short.manifest.subarray(-32))).toBe(true);
    index.remove('big');
    for (let at = 0; at < 3; at++) expect(index.piece('big', short, at)).toBeUndefined();
    await index.settled();
    expect(namesIn(index, { least: '' }, 10)).toEqual([]);
    await index.close();
  });

  test('the manifests of names that begin alike are kept apart', async () => {
    const index = open();
    const names = ['a', 'a/b', 'a0', 'é'];
    const records = names.map((_, seed) => recordOf(4_100, seed + 1));
    for (const [at, name] of names.entries()) {
      const { manifest, ...record } = records[at] as ReturnType<typeof recordOf>;
      index.put(name, record, manifest);
    }
    await index.settled();
    index.remove('a');
    await index.settled();
    for (const [at, name] of names.entries()) {
      const { manifest, ...record } = records[at] as ReturnType<typeof recordOf>;
      const second = index.piece(name, record, 1);
      expect(second?.equals(manifest.subarray(4_096 * 32)) ?? null, name).toBe(name === 'a' ? null : true);
    }
    expect(namesIn(index, { least: '' }, 10)).toEqual(names.slice(1));
    await index.close();
  });
});

/** The record of a file with so many chunks, and a manifest for it. */
function recordOf(chunks: number, seed = 1): IndexRecord & { manifest: Buffer } {
  const manifest = someBytes(chunks * 32, seed);
  const identity = { dev: 1n, ino: 2n, size: BigInt(chunks * CHUNK), mtimeNs: 3n, ctimeNs: 4n };
  const root = blake3(manifest).toString('hex');
  return { ...notHashed(identity), md5: md5(manifest), root, manifest };
}
