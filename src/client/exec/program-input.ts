import type { Readable } from 'node:stream';
import { localError, SealiftError, systemCode } from '../../errors/index.js';

/** Hands on what is read from a stream, piece by piece, and reads no faster than that goes. */
export class ProgramInput {
  #isOver = false;

  /**
   * @param send gets each piece, none of them empty, and an empty one at the end
   * @param onError told that the stream cannot be read
   */
  constructor(
    private readonly stream: Readable,
    private readonly send: (bytes: Uint8Array) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {
    if (stream.readableEnded || stream.destroyed) this.#onEnd();
    else stream.on('data', this.#onData).once('end', this.#onEnd).once('close', this.#onClose);
    stream.once('error', this.#onError);
  }

  /** Nobody takes any more: reads nothing from here on, whether or not something comes. */
  stop(): void {
    this.#isOver = true;
    this.stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    this.stream.pause();
  }

  readonly #onData = (piece: Buffer | string): void => {
    const bytes = Buffer.from(piece as Buffer);
    // Rule: an empty piece is the end.
    if (bytes.length === 0) return;
    this.stream.pause();
    this.send(bytes).then(() => {
      if (!this.#isOver) this.stream.resume();
    });
  };

  readonly #onEnd = (): void => {
    if (this.#isOver) return;
    this.stop();
    this.send(Buffer.alloc(0));
  };

  readonly #onError = (error: Error): void => {
    if (this.#isOver) return;
    this.stop();
    const says = 'standard input cannot be read';
    this.onError(
      systemCode(error) ? localError(error, says) : new SealiftError('LOCAL_IO', says, { cause: error }),
    );
  };

  readonly #onClose = (): void => this.#onError(new Error('closed before its end'));
}
