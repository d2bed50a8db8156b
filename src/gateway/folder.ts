import { SealiftError } from '../errors/index.js';
import type { Store, StoreEntry } from '../store/index.js';

/** What stands in a folder: a file with its facts, or a folder. */
export type Child =
  | { kind: 'folder'; name: string }
  | ({ kind: 'file' } & Pick<StoreEntry, 'name' | 'type' | 'size' | 'md5' | 'mtime' | 'rotten'>);

export interface FolderPage {
  /** Folders and files by name, in byte order. */
  children: Child[];
  /** To go on behind, or null at the end. */
  next: string | null;
}

const PAGE = 1_000;
/** Behind nearly every name that begins with what stands before it: only one with the same character there comes later. */
const LAST = '\u{10ffff}';

/** True if any file is below the folder. The outermost one is always there. */
export async function hasFolder(store: Store, folder: string, signal: AbortSignal): Promise<boolean> {
  if (folder === '') return true;
  for (let after: string | undefined; ; ) {
    const { entries, next } = await store.list({ ...below(folder), after, limit: 1, signal });
    if (entries.length > 0 || next === null) return entries.length > 0;
    after = next;
  }
}

/**
 * What stands in a folder, not below it, up to `limit` of it.
 * @param after a name that an earlier page ended with
 * @throws SealiftError NOT_FOUND
 */
export async function childrenOf(
  store: Store,
  folder: string,
  { after, limit = PAGE, signal }: { after?: string | undefined; limit?: number; signal: AbortSignal },
): Promise<FolderPage> {
  const { prefix } = below(folder);
  const children: Child[] = [];
  /** Of the folder that was told last, with a slash behind it. */
  let told = toldBefore(after, prefix);
  for (let from = after; ; ) {
    const page = await store.list({ ...below(folder), after: from, limit: PAGE, signal });
    const isNothing = page.entries.length === 0 && page.next === null && children.length === 0;
    if (isNothing && after === undefined && folder !== '') {
      throw new SealiftError('NOT_FOUND', `${folder}: no such folder`);
    }
    for (const entry of page.entries) {
      if (told !== null && entry.name.startsWith(told)) continue;
      if (children.length === limit) return { children, next: endOf(children) };
      const slash = entry.name.indexOf('/', prefix.length);
      if (slash < 0) children.push({ kind: 'file', ...entry });
      else {
        children.push({ kind: 'folder', name: entry.name.slice(0, slash) });
        told = entry.name.slice(0, slash + 1);
      }
    }
    if (page.next === null) return { children, next: null };
    // The rest of a large folder need not be looked at; but never back.
    const isFar = told === null || !page.next.startsWith(told) || page.next.startsWith(told + LAST);
    from = isFar ? page.next : told + LAST;
  }
}

/**
 * Files below a folder, in all folders, with the text somewhere in their name from that folder on, in either case. The empty text is in all.
 * @param after a name that an earlier page ended with
 * @throws SealiftError NOT_FOUND
 */
export async function searchBelow(
  store: Store,
  folder: string,
  {
    text,
    after,
    limit,
    signal,
  }: { text: string; after?: string | undefined; limit: number; signal: AbortSignal },
): Promise<FolderPage> {
  if (!(await hasFolder(store, folder, signal))) {
    throw new SealiftError('NOT_FOUND', `${folder}: no such folder`);
  }
  const { prefix, matches } = below(folder);
  const wanted = text.normalize('NFC').toLowerCase();
  const { entries, next } = await store.list({
    prefix,
    matches: (name) => matches(name) && name.slice(prefix.length).toLowerCase().includes(wanted),
    after,
    limit,
    signal,
  });
  return { children: entries.map((entry) => ({ kind: 'file', ...entry })), next };
}

/** All files below a folder, a page at a time. */
export async function* filesBelow(
  store: Store,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<StoreEntry[]> {
  for (let after: string | undefined; ; ) {
    const { entries, next } = await store.list({ ...below(folder), after, limit: PAGE, signal });
    yield entries;
    if (next === null) return;
    after = next;
  }
}

function below(folder: string): { prefix: string; matches: (name: string) => boolean } {
  const prefix = folder === '' ? '' : `${folder}/`;
  return { prefix, matches: (name) => name.startsWith(prefix) };
}

/** The folder that the page before this one ended with, if it was one: what is called so that it stands behind even that is in it all the same. */
function toldBefore(after: string | undefined, prefix: string): string | null {
  if (!after?.endsWith(`/${LAST}`) || after.length <= prefix.length + LAST.length) return null;
  return after.slice(0, -LAST.length);
}

/** Where the page behind these begins: a folder has been told with all that is in it. */
function endOf(children: Child[]): string | null {
  const last = children.at(-1);
  if (last === undefined) return null;
  return last.kind === 'folder' ? `${last.name}/${LAST}` : last.name;
}
