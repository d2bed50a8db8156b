import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';

/** What may wait for a reader, in bytes; further lines are only counted. */
const WAITING_MAX = 1 << 20;

/**
 * Lines for a stream that somebody may have stopped to read, a pipe for instance: they must neither hold up the
 * server nor pile up in it.
 */
export class LogStream implements DestinationStream {
  #dropped = 0;

  /** @param onDropped is told how many lines were lost, when there is room again */
  constructor(
    private readonly stream: Writable,
    private readonly onDropped: (lines: number) => void,
  ) {
    // A reader that is gone is no reason to stop serving.
    stream.on('error', () => {});
  }

  write(line: string): void {
    if (this.stream.writableLength > WAITING_MAX) {
      this.#dropped++;
      return;
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.onDropped(dropped);
    this.stream.write(line);
  }
}
