import { SealiftError } from '../errors/index.js';

/**
 * A whole number from `min` to `max`, given for `option`. Options are taken as text until here: as a number, an
 * empty text would be 0.
 * @throws SealiftError USAGE
 */
export function parseWhole(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new SealiftError('USAGE', `--${option} is a whole number from ${min} to ${max}, not "${text}"`);
}
