import type { Entry, HashingProgress } from '../protocol/index.js';
import type { FetchEvents } from './fetch-file.js';
import type { StreamFileOptions } from './stream-file.js';

export interface FetchOptions extends FetchEvents {
  /** Folder to put the file in, under its name with all its folders; default `downloads`. */
  dir?: string;
  /** Path to put the file at, instead of `dir`. */
  output?: string;
  /** Replace a local file that differs. */
  force?: boolean;
  /** Make the file survive a power cut before it is called done; default true. */
  fsync?: boolean;
  /** `md5:HEX`, `sha256:HEX` or `blake3:HEX`: a digest that the file must have as well. */
  expect?: string;
  /**
   * What decides that the file is right: its MD5, or the BLAKE3 digests of its chunks, which is faster. Where the server
   * has none of those yet, and for a file of one chunk, its MD5. Default: `md5`.
   */
  digest?: 'md5' | 'blake3';
  /** Connections that the file is fetched over, 1 to 8; default: as many as help. */
  connections?: number;
  signal?: AbortSignal;
}

export type RepairOptions = Omit<FetchOptions, 'force' | 'expect'>;

export interface StreamOptions extends Omit<StreamFileOptions, 'expect'> {
  /** `md5:HEX`: a digest that the file must have as well. */
  expect?: string;
}

export interface VerifyOptions {
  /** Folder that the file is in, under its name; default `downloads`. */
  dir?: string;
  /** Path of the file, instead of `dir`. */
  output?: string;
  entry?: Entry;
  /** The server hashes the file first. */
  onHashing?: (progress: HashingProgress) => void;
  signal?: AbortSignal;
}
