import { type Entry, type FileEntry, segmentOf } from './entry.js';
import { labelOf } from './kinds.js';

export type SortKey = 'name' | 'size' | 'type' | 'date';

export interface SortOrder {
  key: SortKey;
  descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Folders first; by name where they are equal, as people count: `file 2` before `file 10`. */
export function sortEntries(entries: readonly Entry[], { key, descending }: SortOrder): Entry[] {
  // Once for all that are equal by something else: comparing names costs most.
  const byName = [...entries].sort(compareNames);
  const sign = descending ? -1 : 1;
  if (key === 'name') {
    const folders = byName.filter(({ kind }) => kind === 'folder');
    const files = byName.filter(({ kind }) => kind === 'file');
    return descending ? [...folders.reverse(), ...files.reverse()] : [...folders, ...files];
  }
  const folders = byName.filter(({ kind }) => kind === 'folder');
  const files = byName.filter((entry): entry is FileEntry => entry.kind === 'file');
  // Sorting is stable: equal ones stay by name.
  return [...folders, ...files.sort((a, b) => sign * compareBy(key, a, b))];
}

function compareNames(a: Entry, b: Entry): number {
  return collator.compare(segmentOf(a.name), segmentOf(b.name)) || (a.name < b.name ? -1 : 1);
}

function compareBy(key: Exclude<SortKey, 'name'>, a: FileEntry, b: FileEntry): number {
  if (key === 'size') return a.size - b.size;
  if (key === 'date') return a.mtime - b.mtime;
  const [labelA, labelB] = [labelOf(a), labelOf(b)];
  if (labelA !== labelB) return labelA < labelB ? -1 : 1;
  return a.type === b.type ? 0 : a.type < b.type ? -1 : 1;
}
