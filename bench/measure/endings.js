/** @type {Set<() => void>} */
const endings = new Set();
let isWatching = false;

/**
 * Has `end` called when the bench ends, however it does: nothing it started outlives it. Returns what takes that back.
 * @param {() => void} end synchronous
 */
export function atTheEnd(end) {
  if (!isWatching) {
    isWatching = true;
    // What was begun last ends first: a server before the folder that it serves.
    process.once('exit', () => {
      for (const pending of [...endings].reverse()) pending();
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  }
  endings.add(end);
  return () => void endings.delete(end);
}
