import { CHUNK_SIZE } from '../digest/index.js';
import type { Assembly } from './assembly.js';
import type { ChunkBuffers } from './chunk-buffers.js';
import type { Range } from './chunk-map.js';
import type { Connection } from './connection.js';

/** Chunks that are waited for at a time: while the first is handed on, the kernel has where to put the second. */
const AHEAD = 2;

export interface Receiver {
  assembly: Assembly;
  buffers: ChunkBuffers;
  onBytes: (count: number) => void;
  /** Asked before each chunk; from the first false on the body is left where it is. Default: all of it. */
  isWanted?: (position: number) => boolean;
}

interface Filling {
  buffer: Buffer;
  bytes: Buffer;
  position: number;
  filled: Promise<void>;
}

/**
 * Receives the body that has the bytes of `range`, chunk by chunk. Returns how far it came: a connection that is left in the
 * middle of a body is the caller's to end.
 * @throws SealiftError as {@link Connection.fill}, and what hashing and writing fails with
 */
export async function receive(connection: Connection, range: Range, receiver: Receiver): Promise<number> {
  const { assembly, buffers, isWanted = () => true } = receiver;
  const fillings: Filling[] = [];
  let asked = range.start;
  let isLeft = false;
  /** Bytes that came and were not handed on. */
  let held = 0;
  const onBytes = (count: number) => {
    held += count;
    assembly.underWay += count;
    receiver.onBytes(count);
  };
  const ask = (buffer: Buffer) => {
    const bytes = buffer.subarray(0, Math.min(CHUNK_SIZE, range.end - asked));
    const filled = connection.fill(bytes, onBytes);
    // Awaited when it is its turn; until then a failure must not count as unhandled.
    filled.catch(() => {});
    fillings.push({ buffer, bytes, position: asked, filled });
    asked += bytes.length;
  };
  connection.startBody(range.end - range.start);
  try {
    for (;;) {
      while (asked < range.end && !isLeft && fillings.length < AHEAD) {
        const buffer = fillings.length === 0 ? await buffers.take() : buffers.tryTake();
        if (buffer === null) break;
        isLeft = !isWanted(asked);
        if (isLeft) buffers.give(buffer);
        else ask(buffer);
      }
      const first = fillings[0];
      if (first === undefined) return asked;
      await first.filled;
      assembly.throwFailure();
      fillings.shift();
      held -= first.bytes.length;
      void assembly.accept(first.bytes, first.position).then(() => {
        assembly.underWay -= first.bytes.length;
        buffers.give(first.buffer);
      });
    }
  } catch (error) {
    // Before the buffers go to somebody else: the kernel may still write to them.
    connection.destroy();
    assembly.underWay -= held;
    for (const { buffer } of fillings) buffers.give(buffer);
    throw error;
  }
}
