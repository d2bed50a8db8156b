/**
 * The name most like `asked`, or null if none is like it: at most a third of its characters may differ. A name in
 * a folder is found by its last segment too.
 */
export async function suggestName(asked: string, names: AsyncIterable<string>): Promise<string | null> {
  const { distance } = await import('fastest-levenshtein');
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(asked.length / 3)) + 1;
  const wanted = asked.toLowerCase();
  for await (const name of names) {
    const lower = name.toLowerCase();
    const last = lower.slice(lower.lastIndexOf('/') + 1);
    const found = Math.min(distance(wanted, lower), last === lower ? Infinity : distance(wanted, last) + 0.5);
    if (found < bestDistance) [best, bestDistance] = [name, found];
  }
  return best;
}
