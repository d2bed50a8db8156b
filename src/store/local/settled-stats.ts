import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { SealiftError } from '../../errors/index.js';

/** More than a tick of the clock that stamps files: the kernel's jiffy is at most 10 ms. */
export const CLOCK_TICK_MS = 20;
const ATTEMPTS = 5;

/**
 * The facts of an open file, old enough that whatever is written from now on shows in them: a write in the same tick
 * as the one before leaves the times as they are, and what was read in between would pass for one version.
 * @throws SealiftError CHANGED when it is written to all the while
 */
export async function settledStats(handle: FileHandle, name: string): Promise<BigIntStats> {
  for (let attempt = 1; ; attempt++) {
    const stats = await handle.stat({ bigint: true });
    const wait = untilSettled(stats, Date.now());
    if (wait === 0) return stats;
    if (attempt === ATTEMPTS) {
      throw new SealiftError('CHANGED', `${name}: the file is being written to on the server; try again`);
    }
    await delay(wait);
  }
}

/** Whatever is written from now on shows in the facts. */
export function isSettled(facts: Times): boolean {
  return untilSettled(facts, Date.now()) === 0;
}

/**
 * Nothing was written from one time to another, told by one look after both: a write then would have left one of the file's times
 * between them, give or take a tick.
 */
export function isUntouched({ mtimeNs, ctimeNs }: Times, fromMs: number, toMs: number): boolean {
  const [mtime, ctime] = [Number(mtimeNs / 1_000_000n), Number(ctimeNs / 1_000_000n)];
  const [from, to] = [fromMs - CLOCK_TICK_MS, toMs + CLOCK_TICK_MS];
  return (mtime < from || mtime > to) && (ctime < from || ctime > to);
}

type Times = Pick<BigIntStats, 'mtimeNs' | 'ctimeNs'>;

/** Times from a clock that is ahead are as good as old ones: the next write differs. */
function untilSettled({ mtimeNs, ctimeNs }: Times, nowMs: number): number {
  const waits = [mtimeNs, ctimeNs].map((ns) => {
    const age = nowMs - Number(ns / 1_000_000n);
    return Math.abs(age) <= CLOCK_TICK_MS ? CLOCK_TICK_MS + 1 - age : 0;
  });
  return Math.max(...waits);
}
