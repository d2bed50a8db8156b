import { SealiftError } from '../errors/index.js';

const UNITS: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Less than this without a unit was meant in another one. */
const BARE_MIN = 1_000;

/**
 * `50MB/s`, `500 KiB/s`, `1.5GB`, or plain bytes, in bytes a second. `option` is what the text was given for.
 * @throws SealiftError USAGE
 */
export function parseRate(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmg]?i?b|)(?:\/s)?$/i.exec(text.trim());
  const unit = match ? UNITS[(match[2] || 'b').toLowerCase()] : undefined;
  const rate = Number(match?.[1]) * (unit ?? Number.NaN);
  const least = match?.[2] === '' ? BARE_MIN : 1;
  if (rate >= least && rate <= Number.MAX_SAFE_INTEGER) return rate;
  throw new SealiftError('USAGE', `${option} "${text}": write for example 50MB/s or 500KiB/s`);
}
