import { SealiftError } from '../errors/index.js';

const UNITS: Record<string, number> = { '': 1_000, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Above this Node's timers fire at once. */
const TIMER_MAX = 2 ** 31 - 1;

/**
 * `10s`, `5m`, `250ms`, `1.5h`, or plain seconds, in milliseconds. `option` is what the text was given for.
 * @throws SealiftError USAGE
 */
export function parseDuration(option: string, text: string, max = TIMER_MAX): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text.trim());
  const milliseconds = match ? Number(match[1]) * (UNITS[match[2] as string] as number) : 0;
  if (milliseconds < 1 || milliseconds > max) {
    throw new SealiftError('USAGE', `${option} "${text}": write for example 250ms, 10s, 5m, 12h or 7d`);
  }
  return milliseconds;
}
