/** What a hashing worker is asked, and what it answers. */
export interface HashJob {
  /** Open for reading, and open until the answer has come: threads share descriptors. */
  fd: number;
  /** Bytes to read from the start. */
  size: number;
  /** Bytes a second at the most; null: as fast as it goes. */
  rate: number | null;
  /** {@link JOB_STATE_BYTES} bytes, see {@link jobState}. */
  state: SharedArrayBuffer;
}

export type HashAnswer =
  /** The buffer behind `manifest` is handed over. */
  | { kind: 'done'; md5: string; root: string | null; manifest: Uint8Array | null }
  | { kind: 'cancelled' }
  /** The file ended before `size` bytes. */
  | { kind: 'short' }
  | { kind: 'failed'; code: string | undefined; message: string };

export const JOB_STATE_BYTES = 16;

/** The shared words of a job: the asker sets `cancel[0]` to 1, and wakes who waits on it; the worker keeps `done[0]`, in bytes, up to date. */
export function jobState(state: SharedArrayBuffer): { cancel: Int32Array; done: Float64Array } {
  return { cancel: new Int32Array(state, 0, 1), done: new Float64Array(state, 8, 1) };
}
