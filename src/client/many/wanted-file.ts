import { CHUNK_SIZE } from '../../digest/index.js';
import type { Entry } from '../../protocol/index.js';
import type { FetchEvents, FetchedFile } from '../fetch-file.js';

/**
 * A small file is one chunk: of such a file a broken transfer leaves nothing to go on from, so that it may as well be held in
 * memory until it is verified.
 */
export const SMALL_MAX = CHUNK_SIZE;

/** A file to be fetched among many. */
export interface WantedFile {
  name: string;
  /** From a listing. Without one the file is asked for by itself, or its entry is asked for where there are many. */
  entry?: Entry | undefined;
}

export interface ManyFilesOptions<T extends WantedFile> {
  /** Folder to put the files in, under their names with all their folders; default `downloads`. */
  dir?: string;
  /** Replace local files that differ. */
  force?: boolean;
  /** Make each file survive a power cut before it is called done; default true. */
  fsync?: boolean;
  /** Transfers at a time, each with a connection of its own, 1 to 8; all small files together count as one. Default 4. */
  jobs?: number;
  /** Of files that are fetched by themselves, see `FetchOptions`. */
  digest?: 'md5' | 'blake3';
  /** Of one file at a time, see `FetchOptions`. */
  connections?: number;
  signal?: AbortSignal;
  /**
   * Nothing but this runs in the process: its working folder may be changed meanwhile, which makes putting small files in their places
   * a third quicker. Default false.
   */
  ownsProcess?: boolean;
  /** Asked when a transfer of `wanted` begins: who is told how it gets on. */
  events?: (wanted: T) => FetchEvents;
  /** `wanted` is there and right, or was already. */
  onDone?: (file: FetchedFile, wanted: T) => void;
  /** `wanted` cannot be had. The others go on, unless the server is gone. */
  onFailed?: (error: unknown, wanted: T) => void;
}

/** A small file on its way. */
export interface SmallFile<T extends WantedFile> {
  wanted: T;
  name: string;
  /** Name of its folder, `''` for the outermost. */
  folder: string;
  /** Last segment of its name. */
  file: string;
  entry: Entry;
  events?: FetchEvents | undefined;
  /** When it was asked for, in milliseconds. */
  askedAt: number;
}

/** @returns null for a file that is not small, as far as is known */
export function smallFile<T extends WantedFile>(wanted: T, entry: Entry | undefined): SmallFile<T> | null {
  const { name } = wanted;
  if (!entry || entry.size > SMALL_MAX) return null;
  const slash = name.lastIndexOf('/');
  const folder = slash < 0 ? '' : name.slice(0, slash);
  return { wanted, name, folder, file: name.slice(slash + 1), entry, askedAt: 0 };
}
