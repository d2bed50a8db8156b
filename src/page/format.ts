const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What a `Date` can be. */
const LAST_DATE = 8.64e15;

/** `1.23 MB`: powers of 1,000, as disks and networks are sold. */
export function formatSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  // From 999.5 on it would be shown as 1000 of the smaller unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value >= 99.95 ? value.toFixed(0) : value.toFixed(value >= 9.995 ? 1 : 2)} ${UNITS[unit]}`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** `1 file`, `2 files`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** Short: how long ago for the last week, else the day. Empty for a time that is none. */
export function formatDate(time: number, now: number = Date.now()): string {
  if (Math.abs(time) > LAST_DATE) return '';
  const ago = now - time;
  if (ago >= 0 && ago < MINUTE) return 'just now';
  if (ago >= 0 && ago < HOUR) return `${Math.floor(ago / MINUTE)} min ago`;
  if (ago >= 0 && ago < DAY) return `${Math.floor(ago / HOUR)} h ago`;
  if (ago >= 0 && ago < 7 * DAY) return `${plural(Math.floor(ago / DAY), 'day')} ago`;
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  const parts: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat('en-GB', isThisYear ? parts : { ...parts, year: 'numeric' }).format(time);
}

/** For `<time datetime>`; empty for a time that is none. */
export function isoDate(time: number): string {
  return Math.abs(time) > LAST_DATE ? '' : new Date(time).toISOString();
}
