const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `574.9 kB`: cut, in powers of 1,000, as the commands print it. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let size = 1;
  for (; bytes >= 1_000 * size && unit < UNITS.length - 1; unit++) size *= 1_000;
  return `${Math.floor((10 * bytes) / size) / 10} ${UNITS[unit]}`;
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
