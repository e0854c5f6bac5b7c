import { coordinates } from '../../lib/coordinates.ts';

/**
 * Formats a number with a fixed number of decimals, or in scientific notation if the decimals would
 * show only zeros.
 */
export function format(value: number, decimals = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const fixed = value === 0 || (size >= 10 ** -decimals / 2 && size < 1e5);
  const text = fixed ? value.toFixed(decimals) : value.toExponential(2);
  return text.replaceAll('-', '−');
}

/** Formats a number with at most four decimals, as short as possible, as a reader would type it. */
export function short(value: number): string {
  return format(value)
    .replace(/(\.\d*?)0+(?=e|$)/, '$1')
    .replace(/\.(?=e|$)/, '');
}

/** Formats the index of an element along each axis: [0, 2, 1]. */
export function position(index: number, shape: readonly number[]): string {
  return `[${coordinates(index, shape).join(', ')}]`;
}

/** Formats a count with commas as thousands separators. */
export const thousands = (count: number): string => count.toLocaleString('en-US');
