import { TransferError } from './failure.js';
import type { Saved, Sink } from './sink.js';

/** Pieces go over to the browser, which may keep them on the disk, in blobs of this size. */
const BLOB = 8 << 20;

/** Keeps bytes in memory, up to a limit. */
export class MemorySink implements Sink {
  #blobs: Blob[] = [];
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #pending = 0;
  #size = 0;

  constructor(private readonly limit: number) {}

  async open(): Promise<void> {}

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#size += bytes.length;
    if (this.#size > this.limit) throw new TransferError({ kind: 'too-large', limit: this.limit });
    this.#pieces.push(bytes);
    this.#pending += bytes.length;
    if (this.#pending >= BLOB) this.#pack();
  }

  async commit(): Promise<Saved> {
    this.#pack();
    // Of no type that a browser would show: it would be of this page's origin.
    return { blob: new Blob(this.#blobs, { type: 'application/octet-stream' }) };
  }

  async abort(): Promise<void> {
    this.#blobs = [];
    this.#pieces = [];
  }

  #pack(): void {
    if (this.#pending > 0) this.#blobs.push(new Blob(this.#pieces));
    this.#pieces = [];
    this.#pending = 0;
  }
}
