/** Calls with the newest values, at once and then no more often than every `ms`. The last ones are never left out. */
export function throttle<T extends unknown[]>(ms: number, act: (...values: T) => void) {
  let newest: T | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = () => {
    timer = undefined;
    if (newest === null) return;
    const values = newest;
    newest = null;
    timer = setTimeout(next, ms);
    act(...values);
  };
  return {
    call(...values: T): void {
      newest = values;
      if (timer === undefined) next();
    },
    /** What was not called yet is not any more. */
    stop(): void {
      newest = null;
      clearTimeout(timer);
    },
  };
}
