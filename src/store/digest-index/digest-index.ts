import type { FileIdentity } from '../local/file-identity.js';
import type { SideTable } from '../shares/side-table.js';

/** What is remembered of a name. */
export interface IndexRecord {
  /** The version that was hashed, or for a null `md5` last seen. */
  identity: FileIdentity;
  md5: string | null;
  /** BLAKE3 of the manifest, 64 hex digits; null while the file is not hashed, or if it is too large for a manifest. */
  root: string | null;
  /** The manifest of a file of one chunk. A longer one is kept beside the record. */
  onlyChunk: Buffer | null;
  /** When the bytes on disk were last hashed and were right, in milliseconds since the Unix epoch. */
  verifiedAt: number | null;
  /** The bytes changed while size and mtime did not. */
  rotten: boolean;
}

/** A name and its record, which is not looked at before somebody asks for it. */
export interface IndexEntry {
  readonly name: string;
  readonly record: IndexRecord | undefined;
}

/** The record of a file that is seen for the first time. */
export function notHashed(identity: FileIdentity): IndexRecord {
  return { identity, md5: null, root: null, onlyChunk: null, verifiedAt: null, rotten: false };
}

/** The record of a name of which no more is known than that it is there: a version that no file has. */
export const notSeen: IndexRecord = notHashed({ dev: 0n, ino: 0n, size: 0n, mtimeNs: 0n, ctimeNs: 0n });

/** Where a run of names begins: at the least name that is not before `least`, or at the first one behind `behind`. */
export type NamesFrom = { least: string } | { behind: string };

export type IndexKind = 'storage' | 'cache' | 'memory';

/** The digest cache, and with it the names of the catalogue. A cache: losing it costs time, never truth. */
export interface DigestIndex {
  readonly kind: IndexKind;
  /** The folder it is kept in, for people; null in memory. */
  readonly folder: string | null;
  get(name: string): IndexRecord | undefined;
  /** The name is in the index, with a record that can be read or not. */
  has(name: string): boolean;
  /** Takes names in, with nothing known of them. Returns those that were not there yet. */
  addNames(names: readonly string[]): string[];
  /**
   * The record of a file of one chunk or none that was hashed for the first time, as `encodeRecord` makes it. False if digests
   * are known: what they are has to be compared, and nothing was put.
   */
  putFirst(name: string, bytes: Buffer): boolean;
  /**
   * @param manifest the one that `record.root` stands for. Without it the one that was put before stays, if it has
   * the same root; else there is none.
   */
  put(name: string, record: IndexRecord, manifest?: Buffer | null): void;
  /** Piece `at` of the manifest that is kept beside the record; undefined if it is damaged or gone. */
  piece(name: string, record: IndexRecord, at: number): Buffer | undefined;
  remove(name: string): void;
  /** Up to `limit` names in byte order, with what is remembered of them. Sees every `put` that was settled. */
  entries(from: NamesFrom, limit: number): IndexEntry[];
  /**
   * When the storage was last scrubbed to the end, in milliseconds since the Unix epoch; null: never. Where scrubs are wanted
   * and there was none yet, when they were first wanted.
   */
  scrubbedAt: number | null;
  /** For what is no digest, and has to be written at once. */
  readonly side: SideTable;
  /** Resolves when every `put` and `remove` before this call is visible to `names`. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
