import { basename, dirname } from 'node:path';
import type { DigestIndex, IndexEntry, IndexRecord } from '../digest-index/digest-index.js';
import type { StoreEntry } from '../store.js';
import { type FileIdentity, identityOf, mtimeMs, sameIdentity, sameSizeAndMtime } from './file-identity.js';
import type { FileThread } from './file-thread.js';
import { mediaTypeOf } from './media-type.js';
import { quickLooks } from './quick-looks.js';
import type { ServedRoot } from './served-root.js';

/** Folders that one listing holds open. */
const FOLDERS_AT_ONCE = 8;

/** What a listing says of names from the index: each file is looked at for it, so that its size, time and digest are never stale. */
export class ListedEntries {
  constructor(
    private readonly root: ServedRoot,
    private readonly index: DigestIndex,
    private readonly thread: FileThread,
  ) {}

  /** Of those that are served, in the same order. */
  async of(wanted: IndexEntry[]): Promise<StoreEntry[]> {
    const accepted = wanted.filter(({ name }) => this.root.accepts(name));
    const entries: (StoreEntry | string)[] = [];
    for await (const looked of quickLooks(this.thread, accepted)) {
      for (const { entry, identity } of looked) {
        entries.push(identity === null ? entry.name : entryOf(entry.name, identity, entry.record));
      }
    }
    const names = entries.filter((entry) => typeof entry === 'string');
    if (names.length === 0) return entries as StoreEntry[];
    const others = await this.#lookByFolder(names);
    return entries.flatMap((entry) => (typeof entry === 'string' ? (others.get(entry) ?? []) : entry));
  }

  /** Links, and whatever a thread did not look at. Folder by folder: each is opened once. */
  async #lookByFolder(names: string[]): Promise<Map<string, StoreEntry>> {
    const entries = new Map<string, StoreEntry>();
    const folders = byFolder(names).entries();
    const work = async () => {
      for (const [folder, inFolder] of folders) {
        const opened = await this.root.openFolder(folder);
        if (opened === null) continue;
        try {
          await Promise.all(
            inFolder.map(async (name) => {
              const stats = await opened.look(basename(name));
              if (stats) entries.set(name, entryOf(name, identityOf(stats), this.index.get(name)));
            }),
          );
        } finally {
          await opened.close();
        }
      }
    };
    await Promise.all(Array.from({ length: FOLDERS_AT_ONCE }, work));
    return entries;
  }
}

function entryOf(name: string, identity: FileIdentity, record: IndexRecord | undefined): StoreEntry {
  const isRotten = record?.rotten === true && sameSizeAndMtime(record.identity, identity);
  const isSame = record && (record.identity === identity || sameIdentity(record.identity, identity));
  const isKnown = isSame === true && !isRotten;
  return {
    name,
    type: mediaTypeOf(name),
    size: Number(identity.size),
    md5: isKnown ? record.md5 : null,
    mtime: mtimeMs(identity),
    verifiedAt: isKnown || isRotten ? record.verifiedAt : null,
    rotten: isRotten,
  };
}

function folderOf(name: string): string {
  const folder = dirname(name);
  return folder === '.' ? '' : folder;
}

function byFolder(names: string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const name of names) {
    const folder = folderOf(name);
    const inFolder = folders.get(folder);
    if (inFolder) inFolder.push(name);
    else folders.set(folder, [name]);
  }
  return folders;
}
