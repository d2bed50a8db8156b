import { SealiftError } from '../errors/index.js';
import type { StoredFile } from '../store/index.js';

/** Pieces that are read at once: asked for by many, they cost no more memory, and no more of the disk. */
const READING_MAX = 2;
/** Files that are under way at once. Who asks for one more is told to come back. */
const FILES_MAX = 64;

/** Reads whole files for what nothing remembers, as SHA-256: few pieces at once, in turn, whoever asks for them. */
export class WholeReads {
  #files = 0;
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * For as long as a file is read for one client, however slowly that takes it.
   * @throws SealiftError BUSY at once
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#files === FILES_MAX) {
      throw new SealiftError('BUSY', 'many files are being read for their digests; ask again');
    }
    this.#files++;
    try {
      return await work();
    } finally {
      this.#files--;
    }
  }

  /**
   * What `use` makes of each piece of the file, in order. Its bytes are there only while it runs: none are held for a client.
   * @throws SealiftError CHANGED behind the last one; what `signal` is aborted with
   */
  async *pieces<T>(
    file: StoredFile,
    { length, signal, use }: { length: number; signal: AbortSignal; use: (bytes: Buffer) => T },
  ): AsyncGenerator<T> {
    const { size } = file.facts;
    for (let position = 0; position < size; position += length) {
      yield await this.#inTurn(async () => {
        signal.throwIfAborted();
        return use(await pieceAt(file, position, Math.min(length, size - position)));
      });
    }
    await file.ensureUnchanged();
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#reading === READING_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading++;
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#reading--;
    }
  }
}

async function pieceAt(file: StoredFile, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(buffer.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
