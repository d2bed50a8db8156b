import { onTestFinished } from 'vitest';
import { isName } from '#sealift/protocol/index.js';
import type { DigestIndex, NamesFrom } from '#sealift/store/digest-index/digest-index.js';
import { MemoryIndex } from '#sealift/store/digest-index/memory-index.js';
import { type ListQuery, LocalStore, type StoreEntry } from '#sealift/store/index.js';

/** A store over a folder, in this process; closed with the test. */
export async function openStore(
  folder: string,
  options: { index?: DigestIndex; hashers?: number; onRot?: (error: unknown) => void } = {},
): Promise<LocalStore> {
  const store = await LocalStore.open(folder, { accepts: isName, index: new MemoryIndex(), ...options });
  onTestFinished(() => store.close());
  return store;
}

export async function entriesOf(store: LocalStore, query: Partial<ListQuery> = {}): Promise<StoreEntry[]> {
  return (await store.list({ matches: () => true, limit: 1_000, ...query })).entries;
}

export async function namesOf(store: LocalStore, query: Partial<ListQuery> = {}): Promise<string[]> {
  return (await entriesOf(store, query)).map(({ name }) => name);
}

export async function md5Of(store: LocalStore, name: string, options = {}): Promise<string> {
  const file = await store.open(name);
  try {
    return (await file.digests(options)).md5;
  } finally {
    await file.close();
  }
}

export function namesIn(index: DigestIndex, from: NamesFrom, limit: number): string[] {
  return index.entries(from, limit).map(({ name }) => name);
}
