/**
 * The middle one of `values`, or the mean of the two in the middle.
 * @param {readonly number[]} values at least one
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  if (upper === undefined) throw new Error('no values');
  return sorted.length % 2 === 1 ? upper : (upper + /** @type {number} */ (sorted[middle - 1])) / 2;
}

/**
 * How many times as fast the one was as the other: the median of what each round says, as what slows a whole round down
 * slows both.
 * @param {readonly { seconds: number }[]} ours
 * @param {readonly { seconds: number }[]} theirs of the same rounds
 */
export function speedRatio(ours, theirs) {
  if (ours.length !== theirs.length) throw new Error('not the same rounds');
  return median(ours.map(({ seconds }, round) => /** @type {any} */ (theirs[round]).seconds / seconds));
}
