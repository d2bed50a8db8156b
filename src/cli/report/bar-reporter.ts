import cliProgress from 'cli-progress';
import type { FetchedFile, Repair, Retry } from '../../client/index.js';
import { systemCode } from '../../errors/index.js';
import type { HashingProgress } from '../../protocol/index.js';
import { formatBytes, formatSeconds } from '../format.js';
import { note, shown } from '../output.js';
import { type BarState, barLine } from './bar-line.js';
import {
  doneLine,
  failedLine,
  repairLine,
  restartLine,
  resumeLine,
  retryLine,
  skippedLine,
} from './fetch-lines.js';
import type { FetchReporter } from './fetch-reporter.js';
import { RateMeter } from './rate-meter.js';

/** A file that takes less gets no bar of its own among many: it would only flicker. */
const SHOW_AFTER_MS = 200;
const HASHING = 'the server hashes the file first';
const COMPARING = 'hashing the file that is here';

interface Running {
  startedAt: number;
  meter: RateMeter;
  state: Omit<BarState, 'rate' | 'eta'>;
  bar: cliProgress.SingleBar | null;
}

/** For a terminal: one bar per running file, and a total if there are many. */
export class BarReporter implements FetchReporter {
  readonly #bars: cliProgress.MultiBar;
  readonly #running = new Map<string, Running>();
  #total: Running | null = null;
  readonly #startedAt = performance.now();
  #finishedBytes = 0;
  #knownBytes = 0;
  /** Found, and not begun. */
  #aheadFiles = 0;
  #aheadBytes = 0;
  #files = 0;
  #verified = 0;
  #matching = 0;
  #failures = 0;
  #hasBars = false;
  /** Lines on a single file stand below its bar, not above. */
  #afterBars: string[] = [];

  constructor(isMany: boolean) {
    this.#bars = new cliProgress.MultiBar({
      stream: process.stderr,
      format: (_options, _params, { running }: { running: Running }) =>
        barLine(stateOf(running), process.stderr.columns || 80),
      hideCursor: true,
      // Bars fit the terminal; a line that says what went wrong need not, and is to be read to its end.
      linewrap: true,
      gracefulExit: false,
      fps: 10,
    });
    if (isMany) this.#addTotal();
  }

  expect(files: number, bytes: number): void {
    this.#aheadFiles += files;
    this.#aheadBytes += bytes;
    // What was asked for as one name may turn out to be a folder.
    if (this.#files + this.#running.size + this.#aheadFiles > 1) this.#addTotal();
  }

  start(name: string, size: number): void {
    const before = this.#running.get(name);
    // What was asked for as one name may turn out to be a folder.
    if (!before && this.#files + this.#running.size > 0) this.#addTotal();
    this.#knownBytes += size - (before?.state.size ?? 0);
    const running = this.#newRunning(shown(name), size);
    running.bar = before?.bar ?? null;
    // The pace of hashing tells nothing of that of the bytes.
    if (before && !isHashing(before)) running.meter = before.meter;
    this.#running.set(name, running);
    if (!this.#total) this.#showBar(running);
    running.bar?.update(0, { running });
  }

  progress(name: string, bytes: number): void {
    const running = this.#running.get(name);
    if (!running) return;
    running.state.phase = undefined;
    this.#advance(running, bytes);
    this.#showIfLong(running);
    this.#advanceTotal();
  }

  hashing(name: string, progress: HashingProgress): void {
    this.#hash(name, HASHING, progress);
  }

  comparing(name: string, progress: HashingProgress): void {
    this.#hash(name, COMPARING, progress);
  }

  #hash(name: string, phase: string, { done, size }: HashingProgress): void {
    if (!this.#running.has(name)) this.start(name, size);
    const running = this.#running.get(name);
    if (!running) return;
    running.state.phase = phase;
    this.#showIfLong(running);
    this.#advance(running, done);
  }

  retry(name: string | null, retry: Retry): void {
    // A bar tells the rest; without one nobody would see what is put above it.
    if (!this.#hasBars) note(retryLine(name, retry));
    else if (retry.attempt === 1) this.#bars.log(`${retryLine(name, retry)}\n`);
    const running = name === null ? undefined : this.#running.get(name);
    if (running) running.state.phase = `reconnecting (${retry.attempt} of ${retry.of})`;
  }

  resume(name: string, bytes: number, size: number): void {
    // Bytes that were there are no progress of this run: the rate begins behind them.
    if (!this.#running.has(name)) this.start(name, size);
    const running = this.#running.get(name);
    running?.meter.skip(bytes);
    this.#total?.meter.skip(bytes);
    this.#log(resumeLine(name, bytes, size));
  }

  restart(name: string, reason: string): void {
    this.#log(restartLine(name, reason));
  }

  repair(name: string, repair: Repair): void {
    this.#log(repairLine(name, repair));
  }

  done(file: FetchedFile): void {
    this.#verified++;
    const running = this.#running.get(file.name);
    if (running) running.state.phase = undefined;
    this.#finish(file.name, doneLine(file));
  }

  skipped(file: FetchedFile): void {
    this.#matching++;
    const running = this.#running.get(file.name);
    // Bytes that were hashed here did not come.
    if (this.#total && running) running.state.bytes = 0;
    this.#finish(file.name, skippedLine(file));
  }

  failed(name: string, error: unknown): void {
    this.#failures++;
    const running = this.#running.get(name);
    if (running && isHashing(running)) running.state.bytes = 0;
    if (running) running.state.phase = systemCode(error) === 'CORRUPT' ? 'rejected' : 'failed';
    this.#finish(name, failedLine(name, error));
  }

  close(): void {
    this.#advanceTotal();
    if (this.#hasBars) {
      this.#bars.update();
      this.#bars.stop();
    }
    for (const line of this.#afterBars) note(line);
    if (!this.#total) return;
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const parts = [
      `${this.#verified} verified`,
      `${this.#matching} matched already`,
      `${this.#failures} failed`,
    ];
    const facts = `${formatBytes(this.#finishedBytes)} in ${formatSeconds(seconds)}`;
    note(`${this.#files} ${this.#files === 1 ? 'file' : 'files'}: ${parts.join(', ')}; ${facts}`);
  }

  #newRunning(label: string, size: number): Running {
    const state = { label, bytes: 0, size, phase: undefined };
    return { startedAt: performance.now(), meter: new RateMeter(), state, bar: null };
  }

  #addTotal(): void {
    if (this.#total) return;
    this.#total = this.#newRunning('total', 0);
    this.#showBar(this.#total);
    for (const line of this.#afterBars.splice(0)) this.#log(line);
  }

  #showBar(running: Running): void {
    this.#hasBars = true;
    running.bar ??= this.#bars.create(1, 0, { running });
  }

  #showIfLong(running: Running): void {
    if (performance.now() - running.startedAt > SHOW_AFTER_MS) this.#showBar(running);
  }

  #advance(running: Running, bytes: number): void {
    const { state, bar } = running;
    state.bytes = bytes;
    bar?.update(bytes >= state.size ? 1 : 0, { running });
  }

  #advanceTotal(): void {
    if (!this.#total) return;
    let bytes = this.#finishedBytes;
    for (const { state } of this.#running.values()) bytes += state.bytes;
    this.#total.state.label = this.#totalLabel();
    this.#total.state.size = this.#knownBytes + this.#aheadBytes;
    this.#advance(this.#total, bytes);
  }

  #totalLabel(): string {
    if (this.#aheadFiles > 0) {
      return `total, ${this.#files} of ${this.#files + this.#running.size + this.#aheadFiles} files`;
    }
    return `total, ${this.#files} ${this.#files === 1 ? 'file' : 'files'} done`;
  }

  #finish(name: string, line: string): void {
    const running = this.#running.get(name);
    this.#running.delete(name);
    this.#files++;
    this.#finishedBytes += running?.state.bytes ?? 0;
    // What did not come is not waited for any more.
    if (running) this.#knownBytes -= running.state.size - running.state.bytes;
    if (this.#total && running?.bar) this.#bars.remove(running.bar);
    this.#advanceTotal();
    this.#log(line);
  }

  #log(line: string): void {
    if (this.#total) this.#bars.log(`${line}\n`);
    else this.#afterBars.push(line);
  }
}

function isHashing({ state }: Running): boolean {
  return state.phase === HASHING || state.phase === COMPARING;
}

/** As it is to be drawn now: where nothing comes any more, the rate falls. */
function stateOf({ meter, state }: Running): BarState {
  const left = state.size - state.bytes;
  meter.update(state.bytes, left <= 0);
  return { ...state, rate: meter.rate, eta: meter.eta(left) };
}
