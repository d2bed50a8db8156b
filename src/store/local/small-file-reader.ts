import { Worker } from 'node:worker_threads';
import type { Digests, FileFacts, RememberedFile, SmallFiles } from '../store.js';
import type { DigestKeeper } from './digest-keeper.js';
import { type FileIdentity, mtimeMs } from './file-identity.js';
import { mediaTypeOf } from './media-type.js';
import { isSettled } from './settled-stats.js';
import {
  BEGUN,
  FILES_MAX,
  GIVEN_UP,
  putIdentity,
  SLOTS,
  type Slot,
  type SmallFileJob,
  type SmallFileThread,
  sharedSlots,
  slotIn,
} from './small-file-job.js';

/** A file up to this size is small, in bytes: half a slot. */
const SMALL_MAX = 128 * 1024;
/** A batch that takes longer waits for a slow disk, or one that does not answer. */
const LATE_MS = 100;
/** A thread that failed is not tried again sooner. */
const RESTART_MS = 10_000;
const TICKET_MAX = 2 ** 31 - 1;

interface Running {
  ticket: number;
  slot: Slot;
  resolve: (files: number) => void;
}

/**
 * Reads small files in batches on a thread of its own. It vouches for what it has read, and for nothing else: whatever is not
 * just as the index remembers it is left to be opened one by one. So is everything while the thread waits for a disk: one that
 * hangs holds up those who asked for its files, as it would anywhere, and nobody else.
 */
export class SmallFileReader {
  readonly #memory = sharedSlots();
  readonly #slots: Slot[] = [];
  readonly #free = Array.from({ length: SLOTS }, (_, nth) => SLOTS - 1 - nth);
  readonly #running = new Map<number, Running>();
  #thread: Worker | null = null;
  #isReady = false;
  #isLate = false;
  #lateTimer: NodeJS.Timeout | null = null;
  #notBefore = 0;
  #ticket = 0;
  #closed = false;

  /**
   * @param root real path of the storage
   * @param threadFile another one is for tests
   */
  constructor(
    private readonly root: string,
    private readonly accepts: (name: string) => boolean,
    private readonly keeper: DigestKeeper,
    private readonly threadFile = new URL('./small-file-thread.js', import.meta.url),
  ) {}

  /** Room for a batch, or null: not now. */
  batch(): SmallFiles | null {
    if (this.#thread === null) this.#start();
    if (!this.#isReady || this.#isLate) return null;
    const nth = this.#free.pop();
    if (nth === undefined) return null;
    const slot = (this.#slots[nth] ??= slotIn(this.#memory, nth));
    return new Batch(slot, {
      remembered: (name) => this.#remembered(name),
      read: (names) => this.#read(nth, slot, names),
      release: () => this.#free.push(nth),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  #remembered(name: string): Remembered | null {
    if (!this.accepts(name)) return null;
    const version = this.keeper.remembered(name);
    if (version === null || version.identity.size > SMALL_MAX || !isSettled(version.identity)) return null;
    return new Remembered(name, version.identity, version.digests);
  }

  #read(nth: number, slot: Slot, names: string[]): Promise<number> {
    const thread = this.#thread;
    if (thread === null || this.#isLate) return Promise.resolve(0);
    this.#ticket = this.#ticket === TICKET_MAX ? 1 : this.#ticket + 1;
    const job: SmallFileJob = { slot: nth, ticket: this.#ticket, names };
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
    const workerData: SmallFileThread = { root: this.root, memory: this.#memory };
    const thread = new Worker(this.threadFile, { workerData });
    this.#thread = thread;
    thread.unref();
    thread.on('message', (slot: number | null) => {
      if (slot === null) this.#isReady = true;
      else this.#answered(slot);
    });
    // Followed by 'exit'; without a listener a thread that cannot start would end the process.
    thread.on('error', () => {});
    thread.on('exit', () => this.#ended());
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
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => this.#onLate(), LATE_MS).unref();
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

class Remembered implements RememberedFile {
  readonly facts: FileFacts;

  constructor(
    name: string,
    readonly identity: FileIdentity,
    readonly digests: Digests,
  ) {
    const [size, mtime] = [Number(identity.size), mtimeMs(identity)];
    this.facts = { name, type: mediaTypeOf(name), size, mtime };
  }
}

interface BatchCalls {
  remembered: (name: string) => Remembered | null;
  read: (names: string[]) => Promise<number>;
  release: () => void;
}

class Batch implements SmallFiles {
  readonly #names: string[] = [];

  constructor(
    private readonly slot: Slot,
    private readonly calls: BatchCalls,
  ) {}

  get buffer(): Buffer {
    return this.slot.bytes;
  }

  get isFull(): boolean {
    return this.#names.length === FILES_MAX;
  }

  remembered(name: string): RememberedFile | null {
    return this.calls.remembered(name);
  }

  add(file: RememberedFile, at: number): void {
    const { facts, identity } = file as Remembered;
    this.slot.places[this.#names.length] = at;
    putIdentity(this.slot, this.#names.length, identity);
    this.#names.push(facts.name);
  }

  read(): Promise<number> {
    return this.calls.read(this.#names);
  }

  release(): void {
    this.calls.release();
  }
}
