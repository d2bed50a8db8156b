import { systemCode } from '../../errors/index.js';
import type { DigestOptions, Digests, Store, StoredFile } from '../../store/index.js';

/** A file that is replaced or written to before anything of it was sent is tried this often. */
const ATTEMPTS = 3;

/** A file and its digests, both of the same version. Who gets it closes it. */
export interface DigestedFile<D = Digests> {
  file: StoredFile;
  digests: D;
}

/** Does it again while it fails with CHANGED, as long as `mayRepeat`. */
export async function repeatIfChanged<T>(task: () => Promise<T>, mayRepeat = () => true): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await task();
    } catch (error) {
      if (systemCode(error) !== 'CHANGED' || attempt === ATTEMPTS || !mayRepeat()) throw error;
    }
  }
}

/** Opens a file and waits until its digests are known. */
export async function openDigested(
  store: Store,
  name: string,
  options: DigestOptions,
): Promise<DigestedFile> {
  const file = await store.open(name);
  try {
    return { file, digests: await file.digests(options) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens a file and does not wait: null for digests that are not known yet. */
export async function openAtOnce(store: Store, name: string): Promise<DigestedFile<Digests | null>> {
  const file = await store.open(name);
  try {
    return { file, digests: file.knownDigests() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
