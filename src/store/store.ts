import type { FileDigests } from '../digest/index.js';
import type { ShareRecords } from './shares/share-records.js';

/** One served file's facts. Times in milliseconds since the Unix epoch; `md5` null while it is not hashed, or if it is rotten. */
export interface StoreEntry {
  name: string;
  type: string;
  size: number;
  md5: string | null;
  mtime: number;
  /** When the bytes on disk were last hashed and were right; null: not since they changed. */
  verifiedAt: number | null;
  /** The bytes changed while size and mtime did not. */
  rotten: boolean;
}

export type FileFacts = Pick<StoreEntry, 'name' | 'type' | 'size' | 'mtime'>;

export interface ListQuery {
  /** Every name that matches begins with this. */
  prefix?: string;
  matches: (name: string) => boolean;
  /** Only names behind this one, in byte order. */
  after?: string | undefined;
  limit: number;
  signal?: AbortSignal | undefined;
}

export interface ListPage {
  /** By name, in byte order. */
  entries: StoreEntry[];
  /** `after` for the next page, or null at the end. */
  next: string | null;
}

export interface DigestOptions {
  /** Hash the bytes as they are now, whatever is remembered. */
  fresh?: boolean;
  signal?: AbortSignal | undefined;
  /** Gives up a hashing that nobody else waits for. */
  unlessShared?: AbortSignal | undefined;
  /** Called if the file has to be hashed, with a function that tells how far it is, in bytes. */
  onHashing?: (progress: () => { done: number; size: number }) => void;
}

export interface Digests {
  md5: string;
  /** BLAKE3 of the manifest, 64 hex digits; null for a file that is too large for a manifest. */
  root: string | null;
}

export interface Manifest {
  md5: string;
  root: string;
  /** Chunks. */
  count: number;
  /**
   * The chunks' digests, 32 bytes each, some thousand at a time.
   * @throws SealiftError CHANGED, in mid-way, when the rest is not to be had any more
   */
  pieces(): Iterable<Buffer>;
}

/** A served file, open and pinned: its facts are those of this one version, and stay so. */
export interface StoredFile {
  readonly facts: FileFacts;

  /**
   * The digests if they are known without reading the file.
   * @throws SealiftError CORRUPT for a file that was found rotten
   */
  knownDigests(): Digests | null;

  /**
   * The digests, hashing the file if need be; callers of the same version share one hashing.
   * @throws SealiftError CORRUPT (rot), CHANGED (written to meanwhile), BUSY (given up), ABORTED, INTERNAL
   */
  digests(options?: DigestOptions): Promise<Digests>;

  /**
   * The manifest, hashing the file if need be.
   * @throws SealiftError TOO_LARGE for a file of more than 2 TiB; else as {@link digests}
   */
  manifest(options?: DigestOptions): Promise<Manifest>;

  /** The caller hashes all bytes of this version as it reads them, to {@link offer} the digests: until it closes, nobody else has to. */
  willOffer(): void;

  /**
   * Tells the digests of this version, which the caller computed over all its bytes, read through this object.
   * @throws SealiftError CORRUPT when the bytes are not the ones that were remembered for this size and mtime
   */
  offer(digests: FileDigests): void;

  /** Fills `buffer` from `position` as far as the file reaches; returns the bytes read. */
  read(buffer: Buffer, position: number): Promise<number>;

  /** @throws SealiftError CHANGED when the file is not the version that was opened any more */
  ensureUnchanged(): Promise<void>;

  close(): Promise<void>;
}

/** A small file as it is remembered: whether it still is so shows when it is read. */
export interface RememberedFile {
  readonly facts: FileFacts;
  readonly digests: Digests;
}

/** Small files that are read together, into memory that is theirs until {@link release}. */
export interface SmallFiles {
  /** Where the bytes go; what is between the files is the caller's. */
  readonly buffer: Buffer;
  /** No file can be added. */
  readonly isFull: boolean;
  /** What is remembered of the file; null if that is not all, or it is not small. */
  remembered(name: string): RememberedFile | null;
  /** One more file, whose bytes go to `at`. */
  add(file: RememberedFile, at: number): void;
  /**
   * Resolves with how many of the files, from the first on, were read: those are still what they were remembered as, with all of
   * their bytes. What became of the next one tells {@link Store.open}. Nobody is made to wait for a slow disk longer than by that.
   */
  read(): Promise<number>;
  /** Once, when nothing uses the buffer any more. */
  release(): void;
}

/** The code behind a storage. Every error is a SealiftError. */
export interface Store {
  /** Resolves when the catalogue is complete as of the call, as far as the limit goes. */
  list(query: ListQuery): Promise<ListPage>;
  /** @throws SealiftError NOT_FOUND for whatever is not served, for whichever reason; FORBIDDEN; BUSY; CHANGED; INTERNAL */
  open(name: string): Promise<StoredFile>;
  /** Room for a batch; null where, or while, files are to be opened one by one. */
  smallFiles?(): SmallFiles | null;
  /** What is known of share links; without it there are none. */
  readonly shares?: ShareRecords;
  close(): Promise<void>;
}
