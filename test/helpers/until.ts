import { setImmediate as nextTurn } from 'node:timers/promises';

/** Resolves with what `look` finds, as soon as it is something. */
export async function untilThere<T>(look: () => T | null | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== null && found !== undefined) return found;
    await nextTurn();
  }
}
