import cliProgress from 'cli-progress';
import type { ScrubProgress } from '../../store/index.js';
import { formatFiles } from '../format.js';
import { barLine } from './bar-line.js';
import { RateMeter } from './rate-meter.js';

const REDRAW_MS = 100;

/** For a terminal: how much of the storage has been read. */
export class ScrubBar {
  readonly #meter = new RateMeter();
  #line = '';
  readonly #bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: () => this.#line,
    hideCursor: true,
    gracefulExit: false,
    clearOnComplete: true,
  });
  #timer: NodeJS.Timeout | null = null;

  start(total: ScrubProgress, progress: () => ScrubProgress): void {
    const draw = () => {
      const { files, bytes } = progress();
      this.#meter.update(bytes);
      // Files grow while they are read.
      const size = Math.max(total.bytes, bytes);
      const { rate } = this.#meter;
      const label = `${formatFiles(files)} of ${total.files.toLocaleString('en')}`;
      const state = { label, bytes, size, rate, eta: this.#meter.eta(size - bytes) };
      this.#line = barLine(state, process.stderr.columns || 80);
      this.#bar.update(0);
    };
    this.#bar.start(1, 0);
    draw();
    this.#timer = setInterval(draw, REDRAW_MS);
  }

  /** Prints something where the bar is, which then stands below. */
  above(print: () => void): void {
    // Its end puts the cursor where it began.
    this.#bar.stop();
    print();
    if (this.#timer) this.#bar.start(1, 0);
  }

  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#bar.stop();
  }
}
