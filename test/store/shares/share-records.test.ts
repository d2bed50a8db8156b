import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { INDEX_FILE, LmdbIndex } from '#sealift/store/digest-index/lmdb-index.js';
import { openIndex } from '#sealift/store/digest-index/open-index.js';
import { MemoryTable } from '#sealift/store/shares/memory-table.js';
import { decodeShare, encodeShare } from '#sealift/store/shares/share-codec.js';
import { ShareRecords, usedOf } from '#sealift/store/shares/share-records.js';
import type { SideTable } from '#sealift/store/shares/side-table.js';
import { namesIn } from '../../helpers/store.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const DAY = 86_400_000;
const tables: Record<string, () => SideTable> = {
  memory: () => new MemoryTable(),
  LMDB: () => {
    const index = new LmdbIndex(tempFolder(), 'storage');
    onTestFinished(() => index.close());
    return index.side;
  },
};

describe.each(Object.keys(tables))('in %s', (kind) => {
  const records = (max?: number) => new ShareRecords((tables[kind] as () => SideTable)(), max);
  const plain = { pattern: 'a/**', expiresAt: null, uses: null };

  test('to look for a key makes none; the first link does, and later ones have the same', () => {
    const shares = records();
    expect([shares.key, shares.get('0123456789ab')]).toEqual([null, undefined]);
    expect(shares.key).toBeNull();
    const { key } = shares.add(plain, 1);
    expect(key.length).toBe(32);
    expect(shares.add(plain, 2).key).toEqual(key);
    expect(shares.key).toEqual(key);
  });

  test('a link is remembered as it was made, and listed by id, in pages', () => {
    const shares = records();
    const made = Array.from({ length: 12 }, (_, at) =>
      shares.add({ pattern: `ä${at}/**`, expiresAt: at % 2 ? at * DAY : null, uses: at % 3 || null }, at),
    ).map(({ record }) => record);
    for (const record of made) expect(shares.get(record.id)).toEqual(record);
    const byId = [...made].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(shares.list(undefined, 100)).toEqual(byId);
    for (let at = 0; at < 12; at += 5) {
      expect(shares.list(byId[at - 1]?.id, 5)).toEqual(byId.slice(at, at + 5));
    }
  });

  test('what was revoked stays so', () => {
    const shares = records();
    const { id } = shares.add(plain, 1).record;
    expect([shares.revoke(id), shares.revoke(id), shares.revoke('0123456789ab')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(shares.get(id)?.revoked).toBe(true);
    expect(shares.use(id, 'x')).toBe(false);
  });

  test('a session counts once, and no more than there are uses', () => {
    const shares = records();
    const { id } = shares.add({ ...plain, uses: 2 }, 1).record;
    const used = ['one', 'one', 'two', 'three', 'one', 'two', 'four'].map((session) =>
      shares.use(id, session),
    );
    expect(used).toEqual([true, true, true, false, true, true, false]);
    expect(usedOf(shares.get(id) as never)).toBe(2);
    shares.revoke(id);
    expect(shares.use(id, 'one')).toBe(false);
  });

  test('when it is full, what has expired goes; what has not stays, revoked or not, and no more are made', () => {
    const shares = records(3);
    const forever = shares.add(plain, 0).record;
    const revoked = shares.add({ ...plain, expiresAt: 10 * DAY }, 0).record;
    shares.revoke(revoked.id);
    const short = shares.add({ ...plain, expiresAt: DAY }, 0).record;
    expect(() => shares.add(plain, DAY - 1)).toThrow(expect.objectContaining({ code: 'BUSY' }));
    const last = shares.add(plain, DAY).record;
    expect(shares.get(short.id)).toBeUndefined();
    expect(
      shares
        .list(undefined, 10)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([forever.id, revoked.id, last.id].sort());
    expect(shares.get(revoked.id)?.revoked).toBe(true);
  });
});

test('opening the index again keeps links; names and listings know nothing of them', async () => {
  const folder = tempFolder();
  const first = new LmdbIndex(folder, 'storage');
  first.addNames(['a']);
  const { record, key } = new ShareRecords(first.side).add({ pattern: 'a', expiresAt: null, uses: 2 }, 5);
  new ShareRecords(first.side).use(record.id, 'x');
  await first.settled();
  await first.close();
  const second = new LmdbIndex(folder, 'storage');
  const shares = new ShareRecords(second.side);
  expect(shares.key).toEqual(key);
  expect(usedOf(shares.get(record.id) as never)).toBe(1);
  expect(namesIn(second, { least: '' }, 10)).toEqual(['a']);
  expect(second.readAll(1_000)).toBe(true);
  await second.close();
  expect(shares.get(record.id)).toBeUndefined();
  expect(() => shares.add({ pattern: 'a', expiresAt: null, uses: null }, 6)).toThrow(
    /cannot write its index/,
  );
});

test('a lost index makes another key', async () => {
  const root = tempFolder();
  const keyOf = async () => {
    const index = await openIndex(root);
    const { key } = new ShareRecords(index.side).add({ pattern: 'a', expiresAt: null, uses: null }, 5);
    await index.close();
    return key;
  };
  const key = await keyOf();
  expect(await keyOf()).toEqual(key);
  rmSync(join(root, '.sealift', INDEX_FILE));
  expect(await keyOf()).not.toEqual(key);
});

test('a record that is damaged in any bit is none', () => {
  const record = {
    id: '0123456789ab',
    pattern: 'a/**',
    createdAt: 1,
    expiresAt: 2,
    uses: 3,
    revoked: true,
    sessions: Buffer.alloc(16, 7),
  };
  const bytes = encodeShare(record);
  expect(decodeShare(record.id, bytes)).toEqual(record);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(decodeShare(record.id, damaged), `bit ${bit}`).toBeUndefined();
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeShare(record.id, bytes.subarray(0, length))).toBeUndefined();
  }
});
