/** Received and not yet asked for, in bytes: above it nothing more is taken from the socket. */
const HELD_MAX = 1 << 20;
/** Pieces up to this size are put together while they wait: each costs more than its bytes. */
const SMALL_PIECE = 16 * 1024;

/** What came and nobody has asked for yet. */
export class Inbox {
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= HELD_MAX;
  }

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    let last = piece;
    // Each byte is copied a few times at the most: only pieces of about the same size are put together.
    for (let before = this.#pieces.at(-1); before; before = this.#pieces.at(-1)) {
      if (before.length + last.length > SMALL_PIECE || before.length > 2 * last.length) break;
      this.#pieces.pop();
      last = Buffer.concat([before, last]);
    }
    this.#pieces.push(last);
  }

  shift(): Buffer | undefined {
    const piece = this.#pieces.shift();
    this.#bytes -= piece?.length ?? 0;
    return piece;
  }
}
