/** What damaged bytes look like beside the right ones, or beside those of another try. */
type DamageKind = 'flipped bits' | 'zeros' | 'cut' | 'inserted bytes' | 'other data';

export interface Damage {
  kind: DamageKind;
  /** Bits that differ; counted for `flipped bits` only. */
  bits: number;
  /** Where the first and behind the last byte that differ are, from the start of what was compared. */
  start: number;
  end: number;
}

/** More than these in a run of bytes are no accident of single bits. */
const FLIPPED_MAX = 64;
/** So many equal bytes behind a place where bytes are missing, or too many, show that the rest has only moved. */
const SAMPLE = 32;

/** Tells what is wrong with `damaged`, given what it should be. Null if nothing is. */
export function damageOf(damaged: Buffer, right: Buffer): Damage | null {
  const length = Math.max(damaged.length, right.length);
  let start = 0;
  while (start < length && damaged[start] === right[start]) start++;
  if (start === length) return null;
  let end = length;
  while (end > start && damaged[end - 1] === right[end - 1]) end--;
  const found = { bits: 0, start, end };
  if (damaged.length < right.length) return { ...found, kind: 'cut' };
  const bits = differingBits(damaged, right, start, end);
  if (bits <= FLIPPED_MAX) return { ...found, kind: 'flipped bits', bits };
  if (isZero(damaged.subarray(start, end))) return { ...found, kind: 'zeros' };
  if (right.includes(damaged.subarray(start, start + SAMPLE), start)) return { ...found, kind: 'cut' };
  if (damaged.includes(right.subarray(start, start + SAMPLE), start))
    return { ...found, kind: 'inserted bytes' };
  return { ...found, kind: 'other data' };
}

/** What can be told of damaged bytes with nothing to compare them with: zeros show. */
export function looksLikeZeros(bytes: Buffer): boolean {
  // A sector, the least that a disk or a file system loses.
  const sector = 512;
  for (let at = 0; at + sector <= bytes.length; at += sector) {
    if (isZero(bytes.subarray(at, at + sector))) return true;
  }
  return false;
}

export function describeDamage({ kind, bits }: Damage): string {
  return kind === 'flipped bits' ? `${bits} flipped ${bits === 1 ? 'bit' : 'bits'}` : kind;
}

function differingBits(a: Buffer, b: Buffer, start: number, end: number): number {
  let bits = 0;
  for (let at = start; at < end && bits <= FLIPPED_MAX; at++) {
    for (let rest = (a[at] ?? 0) ^ (b[at] ?? 0); rest > 0; rest &= rest - 1) bits++;
  }
  return bits;
}

function isZero(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return bytes.length > 0;
}
