import type { Algorithm } from './algorithm.js';

/** What the worker behind a {@link StreamHasher} is told, in order. */
export type StreamHashJob =
  | { kind: 'begin'; algorithms: Algorithm[] }
  /** The next bytes. Answered when they are taken in. */
  | { kind: 'update'; buffer: SharedArrayBuffer; offset: number; length: number }
  /** The digests so far, in hex. Nothing may be added then before the next `begin`. */
  | { kind: 'digest' };

export type StreamHashAnswer = { kind: 'updated' } | { kind: 'digests'; hex: string[] };
