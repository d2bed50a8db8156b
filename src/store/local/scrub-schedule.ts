import type { DigestIndex } from '../digest-index/digest-index.js';
import { type ScrubOptions, type ScrubReport, scrub } from './scrub.js';
import type { ServedRoot } from './served-root.js';

/** The clock is looked at this often at least: timers stand still while a machine sleeps, and are not longer than 24 days. */
const LOOK_MS = 60_000;

export interface ScheduleOptions extends Omit<ScrubOptions, 'signal' | 'onStart'> {
  /** From the end of one scrub to the beginning of the next, in milliseconds. */
  interval: number;
  onBegin?: () => void;
  /** Not called for a scrub that was ended with the server. */
  onEnd?: (report: ScrubReport) => void;
}

/** Scrubs the storage every now and then. The time of the last one is in the index, so that a restart does not put off the next. */
export class ScrubSchedule {
  readonly #abort = new AbortController();
  #notBefore = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly root: ServedRoot,
    private readonly index: DigestIndex,
    private readonly options: ScheduleOptions,
  ) {
    const { scrubbedAt } = index;
    // A time to come is of a clock that was wrong.
    if (scrubbedAt === null || scrubbedAt > Date.now()) index.scrubbedAt = Date.now();
    this.#wait();
  }

  /** Ends a scrub that is running. */
  async close(): Promise<void> {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(): void {
    if (this.#abort.signal.aborted) return;
    const dueAt = (this.index.scrubbedAt ?? 0) + this.options.interval;
    const left = Math.max(dueAt, this.#notBefore) - Date.now();
    if (left <= 0) this.#running = this.#scrub().then(() => this.#wait());
    else this.#timer = setTimeout(() => this.#wait(), Math.min(left, LOOK_MS)).unref();
  }

  async #scrub(): Promise<void> {
    const { onBegin, onEnd, ...options } = this.options;
    onBegin?.();
    try {
      const report = await scrub(this.root, this.index, { ...options, signal: this.#abort.signal });
      if (report.isComplete) onEnd?.(report);
    } catch {
      // The folder is gone, or the index fails: told to whoever asks for a file.
      this.#notBefore = Date.now() + LOOK_MS;
    }
  }
}
