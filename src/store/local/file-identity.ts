import type { BigIntStats } from 'node:fs';

/** What tells one version of a file from another without reading it. Times in nanoseconds. */
export interface FileIdentity {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

/** Times from 1900 on, for 584 years: more than file systems hold that know nanoseconds (ext4: from 1901 to 2446). */
const LEAST_NS = BigInt(Date.UTC(1900, 0, 1)) * 1_000_000n;

/** A time of which the lower 64 bits were kept, as a number with a sign. */
export function wholeTime(ns: bigint): bigint {
  return ns < LEAST_NS ? ns + (1n << 64n) : ns;
}

export function identityOf(stats: BigIntStats): FileIdentity {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return { dev, ino, size, mtimeNs, ctimeNs };
}

export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}

/**
 * Same size and modification time: whoever edits a file changes one of them, unless it means to hide. To a
 * millisecond: what puts a time back may know it no better, and round it up or down.
 */
export function sameSizeAndMtime(a: FileIdentity, b: FileIdentity): boolean {
  const apart = a.mtimeNs - b.mtimeNs;
  return a.size === b.size && apart < 1_000_000n && apart > -1_000_000n;
}

/**
 * Whole milliseconds since the Unix epoch, rounded down; before it, negative. Who sets a time as a
 * fraction of seconds, as Node does, misses a millisecond by up to 1 µs: what lacks no more counts as full.
 */
export function mtimeMs(identity: FileIdentity): number {
  const ns = identity.mtimeNs + 1_000n;
  const ms = ns / 1_000_000n;
  return Number(ns < 0n && ms * 1_000_000n !== ns ? ms - 1n : ms);
}

const YOUNG_NS = 2_000_000_000n;

/**
 * A file written within the last 2 s may be written again without its mtime changing, as the clock that stamps
 * files ticks coarsely: what is hashed now must not be remembered.
 */
export function isYoung(identity: FileIdentity, nowMs = Date.now()): boolean {
  const age = BigInt(nowMs) * 1_000_000n - identity.mtimeNs;
  return age < YOUNG_NS && age > -YOUNG_NS;
}
