import type { Expected } from './announcement.js';
import { chooseDestinations, lastSegment } from './destinations.js';
import { type Failure, TransferError } from './failure.js';
import { removeIfEmpty } from './file-system-access.js';
import type { Destination } from './messages.js';
import type { Queue } from './queue.js';
import { Rate } from './rate.js';
import type { RemoteFile } from './remote-file.js';
import { safeName } from './safe-name.js';
import { saveBlob } from './save-blob.js';
import { transferInWorker } from './worker-client.js';

export type State =
  | { kind: 'waiting' }
  /** Asked for; the server may have to hash it first. */
  | { kind: 'asked' }
  | { kind: 'running'; received: number; size: number; perSecond: number | null; seconds: number | null }
  /** `savedAs`: null if the browser put it among its downloads. */
  | { kind: 'verified'; md5: string; size: number; savedAs: string | null }
  | { kind: 'failed'; failure: Failure };

/** One file on its way to the disk. */
export class Download {
  #state: State = { kind: 'waiting' };
  #abort = new AbortController();
  #takeOut: () => boolean = () => false;
  #expected: Expected;

  constructor(
    readonly file: RemoteFile,
    private destination: Destination,
    private readonly queue: Queue,
    private readonly onChange: () => void,
  ) {
    this.#expected = { size: file.size, md5: file.md5 };
  }

  get state(): State {
    return this.#state;
  }

  get isUnderWay(): boolean {
    return !['verified', 'failed'].includes(this.#state.kind);
  }

  start(): void {
    const { destination, file } = this;
    if (destination.kind === 'memory' && file.size > destination.limit) {
      return this.#fail({ kind: 'too-large', limit: destination.limit });
    }
    this.#abort = new AbortController();
    this.#become({ kind: 'waiting' });
    const weight = destination.kind === 'memory' ? file.size : 0;
    this.#takeOut = this.queue.add(weight, () => this.#run());
  }

  cancel(): void {
    this.#abort.abort();
    if (this.#takeOut()) this.#fail({ kind: 'cancelled' });
  }

  /** Begins anew, in answer to a click. A file that changed is accepted as it is now. */
  async retry(): Promise<void> {
    const { state } = this;
    if (state.kind !== 'failed') return;
    // The file that was picked is not there any more.
    if (this.destination.kind === 'file') {
      const [destination] = (await chooseDestinations([this.file])) ?? [];
      if (destination === undefined || this.#state !== state) return;
      this.destination = destination;
    }
    if (state.failure.kind === 'changed') this.#expected = { size: null, md5: null };
    this.start();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const order = { href: this.file.href, expected: this.#expected, destination: this.destination };
    this.#become({ kind: 'asked' });
    let rate: Rate | undefined;
    const onProgress = (received: number, size: number) => {
      const now = performance.now();
      rate ??= new Rate(received, now);
      rate.update(received, now);
      const seconds = rate.secondsFor(size - received);
      this.#become({ kind: 'running', received, size, perSecond: rate.perSecond, seconds });
    };
    try {
      const { md5, size, saved } = await transferInWorker(order, { signal, onProgress });
      if (saved.blob) saveBlob(saved.blob, safeName(lastSegment(this.file.name)));
      this.#become({ kind: 'verified', md5, size, savedAs: saved.name ?? null });
    } catch (error) {
      this.#fail(
        error instanceof TransferError ? error.failure : { kind: 'local', detail: (error as Error).message },
      );
    }
  }

  #fail(failure: Failure): void {
    // The picker made it; who was to write it may not have come to it.
    if (this.destination.kind === 'file') void removeIfEmpty(this.destination.handle);
    this.#become({ kind: 'failed', failure });
  }

  #become(state: State): void {
    this.#state = state;
    this.onChange();
  }
}
