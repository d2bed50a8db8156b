/** What is read at once where nobody waits for a body, in bytes. */
const SIZE = 64 * 1024;

/** Memory for the kernel, or TLS, to put what comes where nobody waits for a body. */
export class ReadScratch {
  #memory = Buffer.allocUnsafeSlow(SIZE);

  /** For the next read; the same until {@link take}. */
  get buffer(): Buffer {
    return this.#memory;
  }

  /** The first `count` bytes, the caller's from now on; that memory itself, and other in its place, where copying would cost more. */
  take(count: number): Buffer {
    const piece = this.#memory.subarray(0, count);
    if (count < SIZE / 2) return Buffer.from(piece);
    this.#memory = Buffer.allocUnsafeSlow(SIZE);
    return piece;
  }
}
