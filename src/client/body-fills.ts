import type { FrameDecoder } from '../protocol/index.js';
import { BodyPatience } from './body-patience.js';
import type { Inbox } from './inbox.js';

/** What is left of a smaller body comes with what is behind it: to read it alone would be a call more. */
const DIRECT_MIN = 32 * 1024;

/** Memory that the next bytes of a body go to. */
interface Fill {
  target: Buffer;
  filled: number;
  onBytes: (count: number) => void;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Who waits for the next bytes of a body, in order, and for how long yet. */
export class BodyFills {
  readonly #fills: Fill[] = [];
  #patience: BodyPatience;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param timeout milliseconds without progress
   * @param onFailure told that no more comes in time; or, with a reason, that somebody who waits has failed
   */
  constructor(
    private readonly decoder: FrameDecoder,
    private readonly timeout: number,
    private readonly onFailure: (reason: (() => unknown) | null) => void,
  ) {
    this.#patience = new BodyPatience(timeout);
  }

  get isEmpty(): boolean {
    return this.#fills.length === 0;
  }

  /** What the kernel may read right into, or null. */
  get direct(): Buffer | null {
    const fill = this.#fills[0];
    if (fill === undefined || fill.target.length - fill.filled < DIRECT_MIN) return null;
    return fill.target.subarray(fill.filled);
  }

  /** A body begins. */
  begin(): void {
    this.#patience = new BodyPatience(this.timeout);
  }

  /** Resolves when `target`, which is not empty, is full. */
  add(target: Buffer, onBytes: (count: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      // Rule: what is behind the body is never read as part of it.
      if (target.length > this.#unclaimed()) throw new Error('more is asked for than is left of the body');
      this.#fills.push({ target, filled: 0, onBytes, resolve, reject });
    });
  }

  /** So many bytes are in {@link direct}. */
  filledDirectly(count: number): void {
    this.decoder.skipBody(count);
    this.#advance(count);
  }

  /** Takes what is here already. False if somebody waits for more. */
  fillFrom(inbox: Inbox): boolean {
    for (let fill = this.#fills[0]; fill; fill = this.#fills[0]) {
      const count = this.decoder.readBody(fill.target.subarray(fill.filled));
      if (count > 0) {
        this.#advance(count);
        continue;
      }
      const piece = inbox.shift();
      if (piece === undefined) return false;
      this.decoder.push(piece);
    }
    return true;
  }

  /** From here on the peer's time runs. */
  wait(): void {
    this.#patience.wait(performance.now());
    this.#watch();
  }

  rejectAll(error: unknown): void {
    this.#unwatch();
    for (const fill of this.#fills.splice(0)) fill.reject(error);
  }

  /** Bytes of the body that nobody waits for. */
  #unclaimed(): number {
    return this.#fills.reduce(
      (left, { target, filled }) => left + filled - target.length,
      this.decoder.bodyLeft,
    );
  }

  /** So many bytes more are in the first fill. */
  #advance(count: number): void {
    const fill = this.#fills[0] as Fill;
    fill.filled += count;
    const now = performance.now();
    this.#patience.got(count, now);
    try {
      fill.onBytes(count);
    } catch (error) {
      // Whoever asked gets it; thrown here it would end the process.
      this.onFailure(() => error);
      return;
    }
    if (fill.filled < fill.target.length) return;
    this.#fills.shift();
    fill.resolve();
    if (this.#fills.length === 0) this.#patience.rest(now);
    if (this.decoder.bodyLeft === 0) this.#unwatch();
  }

  /** One timer for a body, not one for each wait. */
  #watch(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        if (this.#fills.length === 0) return;
        if (this.#patience.left(performance.now()) > 0) return this.#watch();
        this.onFailure(null);
      },
      Math.max(1, this.#patience.left(performance.now())),
    );
  }

  #unwatch(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
