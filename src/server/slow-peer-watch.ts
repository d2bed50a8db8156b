import type { Socket } from 'node:net';
import type { ServerLimits } from './server-limits.js';
import { tcpSocketOf } from './tls/tcp-socket.js';

const CHECK_MS = 1_000;

/**
 * Ends a connection whose peer does not take what it asked for: no progress for `bodyTimeout`, or less than
 * `minRate` on average. Progress is what the kernel takes, not what is written to the socket object.
 */
export class SlowPeerWatch {
  #timer: NodeJS.Timeout | null = null;
  #startedAt = 0;
  #lastProgressAt = 0;
  #startBytes = 0;
  #lastBytes = 0;
  /** What the reply has come to before this wait: its average counts, not that of a piece. */
  #waitedMs = 0;
  #takenBytes = 0;

  constructor(
    private readonly socket: Socket,
    private readonly limits: ServerLimits,
    private readonly onSlow: () => void,
  ) {}

  /** A reply begins, and with it its average. */
  begin(): void {
    this.#waitedMs = 0;
    this.#takenBytes = 0;
  }

  /** From here on the server waits for the peer, and for nothing else. */
  start(): void {
    this.#startedAt = this.#lastProgressAt = Date.now();
    this.#startBytes = this.#lastBytes = takenByKernel(this.socket);
    this.#timer ??= setInterval(() => this.#check(), Math.min(CHECK_MS, this.limits.bodyTimeout));
    // Waits that each end before the timer fires add up too.
    this.#check();
  }

  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#waitedMs += Date.now() - this.#startedAt;
    this.#takenBytes += takenByKernel(this.socket) - this.#startBytes;
  }

  #check(): void {
    const now = Date.now();
    const bytes = takenByKernel(this.socket);
    if (bytes > this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#lastProgressAt = now;
    }
    const elapsed = this.#waitedMs + now - this.#startedAt;
    const rate = ((this.#takenBytes + bytes - this.#startBytes) * 1_000) / elapsed;
    const isStuck = now - this.#lastProgressAt >= this.limits.bodyTimeout;
    const isSlow = elapsed >= this.limits.minRateAfter && rate < this.limits.minRate;
    if (isStuck || isSlow) {
      this.stop();
      this.onSlow();
    }
  }
}

/** `bytesWritten` counts a buffer as soon as the kernel has begun on it; libuv knows how much of it is left. */
function takenByKernel(socket: Socket): number {
  const tcp = tcpSocketOf(socket);
  const { _handle: handle } = tcp as Socket & {
    _handle?: { bytesWritten: number; writeQueueSize: number } | null;
  };
  return handle ? handle.bytesWritten - handle.writeQueueSize : tcp.bytesWritten;
}
