import { Worker } from 'node:worker_threads';
import {
  BEGUN,
  type FileJob,
  type FileThreadData,
  GIVEN_UP,
  joinNames,
  type Slot,
  sharedSlots,
  slotIn,
} from './file-job.js';

/** A thread that failed is not tried again sooner. */
const RESTART_MS = 10_000;
const TICKET_MAX = 2 ** 31 - 1;

export interface FileThreadOptions {
  /** Jobs at once. What none has used yet takes no room. */
  slots: number;
  /** Without an answer for so long, everything is refused that is not begun: the thread waits for a disk that may hang. Null: never. */
  lateMs: number | null;
  /** Another program is for tests. */
  program?: URL | undefined;
}

interface Running {
  ticket: number;
  slot: Slot;
  resolve: (done: number) => void;
}

/** Room for one job at a time. */
export interface FileTask {
  readonly slot: Slot;
  /** Resolves with how many of the files, from the first on, are done. May be none. */
  run(kind: FileJob['kind'], names: string[]): Promise<number>;
  /** Once, when nothing uses the slot any more. */
  release(): void;
}

/**
 * A thread that works on files with calls that wait for the disk, beside the one that must not. Started when it is first
 * wanted; as long as it is not there, or does not answer, there is no room in it.
 */
export class FileThread {
  readonly #memory: SharedArrayBuffer;
  readonly #slots: Slot[] = [];
  readonly #free: number[];
  readonly #running = new Map<number, Running>();
  #thread: Worker | null = null;
  #isReady = false;
  #isLate = false;
  #lateTimer: NodeJS.Timeout | null = null;
  #notBefore = 0;
  #ticket = 0;
  #closed = false;
  #wake: (() => void)[] = [];

  /** @param root real path of the storage */
  constructor(
    private readonly root: string,
    private readonly options: FileThreadOptions,
  ) {
    this.#memory = sharedSlots(options.slots);
    this.#free = Array.from({ length: options.slots }, (_, nth) => options.slots - 1 - nth);
  }

  /** Room for a job, or null: not now. */
  task(): FileTask | null {
    if (this.#thread === null) this.#start();
    if (!this.#isReady || this.#isLate) return null;
    const nth = this.#free.pop();
    if (nth === undefined) return null;
    const slot = (this.#slots[nth] ??= slotIn(this.#memory, nth));
    return {
      slot,
      run: (kind, names) => this.#run(kind, nth, slot, names),
      release: () => this.#free.push(nth),
    };
  }

  /** Resolves when the thread is there, or cannot be. */
  async started(): Promise<void> {
    if (this.#thread === null) this.#start();
    if (this.#thread !== null && !this.#isReady) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  #run(kind: FileJob['kind'], nth: number, slot: Slot, names: string[]): Promise<number> {
    const thread = this.#thread;
    if (thread === null || this.#isLate) return Promise.resolve(0);
    this.#ticket = this.#ticket === TICKET_MAX ? 1 : this.#ticket + 1;
    const job: FileJob = { kind, slot: nth, ticket: this.#ticket, names: joinNames(names) };
    Atomics.store(slot.state, 0, job.ticket);
    return new Promise((resolve) => {
      this.#running.set(nth, { ticket: job.ticket, slot, resolve });
      this.#lateTimer ??= this.#watch();
      thread.postMessage(job);
    });
  }

  #start(): void {
    // Elsewhere there is no asking where an open file is.
    if (this.#closed || process.platform !== 'linux' || Date.now() < this.#notBefore) return;
    const program = this.options.program ?? new URL('./file-thread-program.js', import.meta.url);
    const workerData: FileThreadData = { root: this.root, memory: this.#memory };
    const thread = new Worker(program, { workerData });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (slot: number | null) => (slot === null ? this.#began() : this.#answered(slot)));
    // Followed by 'exit'; without a listener a thread that cannot start would end the process.
    thread.on('error', () => {});
    thread.on('exit', () => this.#ended());
  }

  #began(): void {
    this.#isReady = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  #answered(nth: number): void {
    const running = this.#running.get(nth);
    this.#running.delete(nth);
    this.#isLate = false;
    if (this.#running.size > 0) this.#lateTimer?.refresh();
    else this.#endWatch();
    running?.resolve(running.slot.state[1] as number);
  }

  #ended(): void {
    this.#thread = null;
    this.#isReady = this.#isLate = false;
    this.#notBefore = Date.now() + RESTART_MS;
    this.#endWatch();
    for (const [nth, { resolve }] of this.#running) {
      this.#running.delete(nth);
      resolve(0);
    }
    for (const wake of this.#wake.splice(0)) wake();
  }

  #watch(): NodeJS.Timeout | null {
    const { lateMs } = this.options;
    return lateMs === null ? null : setTimeout(() => this.#onLate(), lateMs).unref();
  }

  #endWatch(): void {
    if (this.#lateTimer) clearTimeout(this.#lateTimer);
    this.#lateTimer = null;
  }

  /** What the thread has not begun is not made to wait for what it has. */
  #onLate(): void {
    this.#lateTimer = null;
    this.#isLate = true;
    for (const [nth, { ticket, slot, resolve }] of this.#running) {
      if (Atomics.compareExchange(slot.state, 0, ticket, GIVEN_UP) === BEGUN) continue;
      this.#running.delete(nth);
      resolve(0);
    }
  }
}
