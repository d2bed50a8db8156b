/** @typedef {'×' | 's' | 'ms' | 'MB' | 'MB/s' | 'files/s' | 'round trips' | '%'} Unit */

/**
 * A figure for people: three digits that count, and its unit.
 * @param {number} value
 * @param {Unit} unit
 */
export function figure(value, unit) {
  return `${digits(value)} ${unit}`;
}

/** @param {number} value */
export function digits(value) {
  const size = Math.abs(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
  const [whole = '', fraction] = value.toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
