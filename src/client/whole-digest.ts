import { createHash, type Hash } from 'node:crypto';
import { type Blake3, createBlake3, type ExpectedDigest } from '../digest/index.js';

/**
 * The digests of a whole file, taken in from its start to its end: its MD5, and one more where somebody expects one.
 * Bytes that are offered out of order are not taken, so that several may offer, each what it comes by.
 */
export class WholeDigest {
  #position = 0;
  #md5 = createHash('md5');
  #sha256: Hash | null = null;
  /** Of {@link hex}: a hash can be ended once. */
  #ended: string | null = null;
  #mark: { position: number; md5: Hash; sha256: Hash | null } | null = null;

  private constructor(
    private readonly other: ExpectedDigest['algorithm'] | undefined,
    private readonly blake3: Blake3 | null,
  ) {
    this.#restart();
  }

  /** @param other the algorithm that is wanted besides MD5 */
  static async create(other: ExpectedDigest['algorithm'] | undefined): Promise<WholeDigest> {
    return new WholeDigest(other, other === 'blake3' ? await createBlake3() : null);
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** Takes `bytes` if they are the next ones. */
  take(bytes: Uint8Array, at: number): void {
    if (at !== this.#position) return;
    this.#md5.update(bytes);
    this.#sha256?.update(bytes);
    this.blake3?.update(bytes);
    this.#position += bytes.length;
  }

  /** What was taken so far is worth going back to. */
  mark(): void {
    // BLAKE3 cannot be copied.
    if (this.blake3) return;
    this.#mark = {
      position: this.#position,
      md5: this.#md5.copy(),
      sha256: this.#sha256?.copy() ?? null,
    };
  }

  /** Bytes from `position` on were wrong: goes back to it, or further. */
  rewind(position: number): void {
    if (this.#position <= position && this.#ended === null) return;
    const mark = this.#mark;
    if (mark === null || mark.position > position) return this.#restart();
    this.#position = mark.position;
    this.#ended = null;
    this.#md5 = mark.md5.copy();
    this.#sha256 = mark.sha256?.copy() ?? null;
  }

  /** Of all that was taken. Does not end it. */
  md5(): string {
    return this.#md5.copy().digest('hex');
  }

  /** Of all that was taken; nothing more can be taken then. */
  hex(algorithm: ExpectedDigest['algorithm']): string {
    if (algorithm === 'md5') return this.md5();
    if (algorithm !== this.other) throw new Error(`${algorithm} was not asked for`);
    this.#ended ??= algorithm === 'sha256' ? (this.#sha256?.digest('hex') ?? '') : (this.blake3?.hex() ?? '');
    return this.#ended;
  }

  #restart(): void {
    this.#position = 0;
    this.#ended = null;
    this.#md5 = createHash('md5');
    this.#sha256 = this.other === 'sha256' ? createHash('sha256') : null;
    this.blake3?.reset();
    this.#mark = null;
  }
}
