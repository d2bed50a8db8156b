const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `574.9 kB`, cut, not rounded: powers of 1,000, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let size = 1;
  for (; bytes >= 1_000 * size && unit < UNITS.length - 1; unit++) size *= 1_000;
  return `${Math.floor((10 * bytes) / size) / 10} ${UNITS[unit]}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

/** `4s`, `3m 20s`, `2h 05m`; `--` for what cannot be told. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '--';
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3_600)}h ${two(Math.floor((whole % 3_600) / 60))}m`;
}

/** `0.31 ms`, `12.4 ms`, `1250 ms`: three digits at the least. */
export function formatMilliseconds(milliseconds: number): string {
  const digits = milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0;
  return `${milliseconds.toFixed(digits)} ms`;
}

/** `1,234 files`, `1 file`. */
export function formatFiles(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'file' : 'files'}`;
}

const AGES: [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
];

/** How long ago it was: `3d ago`, `5h ago`, `12m ago`, `just now`. */
export function formatAge(milliseconds: number, now = Date.now()): string {
  const seconds = (now - milliseconds) / 1_000;
  const [unit, size] = AGES.find(([, size]) => seconds >= size) ?? [];
  return unit === undefined || size === undefined ? 'just now' : `${Math.floor(seconds / size)}${unit} ago`;
}

/** `2026-01-31 09:05`, local time. */
export function formatTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return '-';
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
