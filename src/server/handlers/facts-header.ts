import type { Digests, StoredFile } from '../../store/index.js';

/** What replies to `get` and `stat` say of a file. */
export function factsHeader(
  { name, type, size, mtime }: StoredFile['facts'],
  digests: Digests | null,
): object {
  const root = digests?.root ? { root: digests.root } : {};
  return { ok: true, name, type, size, md5: digests?.md5 ?? null, ...root, mtime };
}
