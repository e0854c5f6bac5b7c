import { coordinates } from '../../lib/coordinates.ts';

/** Formats a number with a fixed number of decimals, or as a power of ten if that shows nothing. */
export function format(value: number, decimals = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  const fixed = value === 0 || (size >= 10 ** -decimals / 2 && size < 1e5);
  const text = fixed ? value.toFixed(decimals) : value.toExponential(2);
  return text.replaceAll('-', '−');
}

/**
 * Formats a number as short as it can be written with at most four decimals, as a reader typed it.
 */
export function short(value: number): string {
  return format(value)
    .replace(/(\.\d*?)0+(?=e|$)/, '$1')
    .replace(/\.(?=e|$)/, '');
}

/** Writes the index of an element along each axis: [0, 2, 1]. */
export function position(index: number, shape: readonly number[]): string {
  return `[${coordinates(index, shape).join(', ')}]`;
}

/** Formats a count with a comma after each three digits. */
export const thousands = (count: number): string => count.toLocaleString('en-US');
