import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 10;

/** Work in slices, so that Ctrl-C, timers and other transfers get their turn while files are written one after the other. */
export class TimeSlices {
  #startedAt = performance.now();

  /** The slice is used up: await {@link next}. Asked often, so it makes no promise. */
  get isOver(): boolean {
    return performance.now() - this.#startedAt >= SLICE_MS;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#startedAt = performance.now();
  }
}
