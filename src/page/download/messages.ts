import type { Expected } from './announcement.js';
import type { Failure } from './failure.js';
import type { Saved } from './sink.js';

/** Where a file is to go. */
export type Destination =
  | { kind: 'memory'; limit: number }
  | { kind: 'file'; handle: FileSystemFileHandle }
  /** `path`: safe names, below the folder. */
  | { kind: 'folder'; folder: FileSystemDirectoryHandle; path: string[] };

export interface StartMessage {
  kind: 'start';
  id: number;
  href: string;
  expected: Expected;
  destination: Destination;
}

/** To the worker. */
export type Order = StartMessage | { kind: 'cancel'; id: number };

/** From the worker. After `verified` or `failed` nothing more comes with this id. */
export type News =
  | { kind: 'progress'; id: number; received: number; size: number }
  | { kind: 'verified'; id: number; md5: string; size: number; saved: Saved }
  | { kind: 'failed'; id: number; failure: Failure };
