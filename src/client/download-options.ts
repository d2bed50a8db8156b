import type { ExpectedDigest } from '../digest/index.js';
import type { HashingProgress } from '../protocol/index.js';
import type { ClaimedPart } from './part-files.js';
import type { Repair } from './repair.js';
import type { TargetFolder } from './target-folder.js';

export interface DownloadEvents {
  /** The server announced the file; `size` in bytes. */
  onStart?: ((file: { size: number; type: string }) => void) | undefined;
  /** `bytes` that are there. After a broken connection it goes on from those that were kept. */
  onProgress?: ((progress: { bytes: number; size: number }) => void) | undefined;
  /** The server hashes the file first. */
  onHashing?: ((progress: HashingProgress) => void) | undefined;
  /** An earlier fetch left `bytes` bytes to go on from. */
  onResume?: ((from: { bytes: number; size: number }) => void) | undefined;
  /** What was there is of no use any more; `reason` in words. */
  onRestart?: ((reason: string) => void) | undefined;
  /** A damaged chunk was fetched again and is right now. */
  onRepair?: ((repair: Repair) => void) | undefined;
}

export interface DownloadOptions extends DownloadEvents {
  /**
   * What decides that the file is right: its MD5, or its chunks' BLAKE3 digests, which the server binds by their root.
   * Where it knows none yet, and for a file of one chunk, its MD5. Default: `md5`.
   */
  digest?: 'md5' | 'blake3' | undefined;
  /** Connections that one file is fetched over; default: as many as help. */
  connections?: number | undefined;
  expect?: ExpectedDigest | undefined;
  signal?: AbortSignal | undefined;
}

/** Where a file is put together. */
export interface Place {
  /** Makes the folder, if need be. */
  folder: () => Promise<TargetFolder>;
  file: string;
  /** What is there to go on from, if anything. */
  claim: () => Promise<ClaimedPart | null>;
  /** A part file stays there for a later fetch. */
  onKept: () => void;
}
