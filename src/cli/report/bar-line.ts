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

/** `girl.png  ███████████─────  63%  362 kB of 575 kB  1.2 MB/s  ETA 2s`, no wider than the terminal. */
export function barLine({ label, bytes, size, rate, eta, phase }: BarState, columns: number): string {
  // An empty file is complete from the start.
  const share = size === 0 ? 1 : Math.min(1, bytes / size);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const speed = phase ?? `${rate === null ? '--' : formatRate(rate)}  ETA ${formatSeconds(eta)}`;
  const facts = `${percent}  ${formatBytes(bytes)} of ${formatBytes(size)}  ${speed}`;
  const room = columns - 1 - facts.length - 4;
  const barWidth = Math.max(BAR_MIN, Math.min(BAR_MAX, Math.floor(room / 2)));
  const name = shorten(label, Math.max(8, room - barWidth));
  const filled = Math.round(share * barWidth);
  return `${name}  ${'█'.repeat(filled)}${'─'.repeat(barWidth - filled)}  ${facts}`;
}

/** Cuts in the middle: both ends of a path tell something. */
function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const chars = [...text];
  const half = () => Math.floor(chars.length / 2);
  while (stringWidth(chars.join('')) > width - 1) chars.splice(half(), 1);
  chars.splice(half(), 0, '…');
  return chars.join('');
}
