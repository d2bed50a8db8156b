import type { FileIdentity } from '../local/file-identity.js';

/** What is remembered of a name. */
export interface IndexRecord {
  /** The version that was hashed, or for a null `md5` last seen. */
  identity: FileIdentity;
  md5: string | null;
  /** The bytes changed while size and mtime did not. */
  rotten: boolean;
}

/** Where a run of names begins: at the least name that is not before `least`, or at the first one behind `behind`. */
export type NamesFrom = { least: string } | { behind: string };

export type IndexKind = 'storage' | 'cache' | 'memory';

/** The digest cache, and with it the names of the catalogue. A cache: losing it costs time, never truth. */
export interface DigestIndex {
  readonly kind: IndexKind;
  /** The folder it is kept in, for people; null in memory. */
  readonly folder: string | null;
  get(name: string): IndexRecord | undefined;
  put(name: string, record: IndexRecord): void;
  remove(name: string): void;
  /** Up to `limit` names in byte order. Sees every `put` that was settled. */
  names(from: NamesFrom, limit: number): string[];
  /** Resolves when every `put` and `remove` before this call is visible to `names`. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
