import { BASE } from './base.js';

/** What stands in a folder, as the server's JSON tells it (docs/http.md). */
export type Entry = FolderEntry | FileEntry;

interface FolderEntry {
  kind: 'folder';
  /** The full name in the storage. */
  name: string;
}

export interface FileEntry {
  kind: 'file';
  name: string;
  type: string;
  size: number;
  /** Null while the file is not hashed. */
  md5: string | null;
  /** Milliseconds since the Unix epoch. */
  mtime: number;
  /** Found damaged: the server does not hand it out. */
  rotten?: boolean;
}

export function segmentOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** `''` for the outermost. */
export function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

/** The path of a folder on the server, with its slash. */
export function folderPath(folder: string): string {
  return folder === '' ? `${BASE}/` : `${pathOf(folder)}/`;
}

export function hrefOf({ kind, name }: Entry): string {
  return kind === 'folder' ? folderPath(name) : pathOf(name);
}

function pathOf(name: string): string {
  return `${BASE}/${name.split('/').map(encodeURIComponent).join('/')}`;
}
