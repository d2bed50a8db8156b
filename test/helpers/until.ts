import { setTimeout as pause } from 'node:timers/promises';

/** In milliseconds: without a pause this process would take the time of the one it waits for. */
const PAUSE_MS = 2;

/** Resolves with what `look` finds, as soon as it is something. */
export async function untilThere<T>(look: () => T | null | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined) return found;
    await pause(PAUSE_MS);
  }
}
