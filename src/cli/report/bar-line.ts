import stringWidth from 'string-width';
import { formatBytes, formatRate, formatSeconds } from '../format.js';

export interface BarState {
  label: string;
  bytes: number;
  size: number;
  rate: number | null;
  /** Seconds. */
  eta: number;
  /** Said instead of rate and ETA. */
  phase?: string | undefined;
}

const BAR_MAX = 30;
const BAR_MIN = 8;
const NAME_MIN = 8;
const GAP = '  ';

/** `girl.png  ███████████─────  63%  362 kB of 575 kB  1.2 MB/s  ETA 2s`, no wider than the terminal. */
export function barLine({ label, bytes, size, rate, eta, phase }: BarState, columns: number): string {
  // An empty file is complete from the start.
  const share = size === 0 ? 1 : Math.min(1, bytes / size);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const speed = phase ?? `${rate === null ? '--' : formatRate(rate)}${GAP}ETA ${formatSeconds(eta)}`;
  const facts = [percent, `${formatBytes(bytes)} of ${formatBytes(size)}`, speed].join(GAP);
  // The last column stays free: some terminals wrap as soon as it is written.
  const room = columns - 1 - stringWidth(facts) - 2 * GAP.length;
  if (room < BAR_MIN + NAME_MIN) {
    return shorten(`${shorten(label, NAME_MIN)}${GAP}${percent.trim()}${GAP}${speed}`, columns - 1);
  }
  const barWidth = Math.min(BAR_MAX, Math.max(BAR_MIN, Math.floor(room / 2)));
  const name = shorten(label, room - barWidth);
  const filled = Math.floor(share * barWidth);
  return `${name}${GAP}${'█'.repeat(filled)}${'─'.repeat(barWidth - filled)}${GAP}${facts}`;
}

/** Cuts in the middle: both ends of a path tell something. */
function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const chars = [...text];
  const half = () => Math.floor(chars.length / 2);
  while (chars.length > 0 && stringWidth(chars.join('')) > width - 1) chars.splice(half(), 1);
  chars.splice(half(), 0, '…');
  return chars.join('');
}
