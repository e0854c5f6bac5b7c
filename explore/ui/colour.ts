/**
 * The colour scale for signed numbers: purple for negative, green for positive, and the background
 * for 0. Readers who cannot distinguish red and green can distinguish these colours.
 */
const NEGATIVE = [118, 42, 131] as const;
const POSITIVE = [27, 120, 55] as const;

/**
 * Returns the strength of the colour of a value, from 0 to 1. The square root makes small values
 * more visible.
 */
function strength(value: number, largest: number): number {
  if (!Number.isFinite(value)) return 1;
  return largest > 0 ? Math.sqrt(Math.min(1, Math.abs(value) / largest)) : 0;
}

/** Returns the background colour of a number's cell, as CSS. The number on it remains readable. */
export function tint(value: number, largest: number): string {
  const [r, g, b] = value < 0 ? NEGATIVE : POSITIVE;
  return `rgb(${r} ${g} ${b} / ${(0.38 * strength(value, largest)).toFixed(3)})`;
}

/** Returns the largest magnitude of the finite values. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]));
  }
  return largest;
}

/**
 * Draws numbers on a canvas, one pixel per number. `put` writes the four bytes of pixel i. Pixels
 * are numbered row by row.
 */
export function paint(
  { current: canvas }: { readonly current: HTMLCanvasElement | null },
  [rows, columns]: readonly [rows: number, columns: number],
  put: (data: Uint8ClampedArray, i: number) => void,
): void {
  const context = canvas?.getContext('2d');
  if (!context) return;
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) put(image.data, i);
  context.putImageData(image, 0, 0);
}

/** Writes pixel i of a picture in the colours for signed numbers. */
export function putSigned(
  data: Uint8ClampedArray,
  i: number,
  value: number,
  largest: number,
): void {
  data.set(value < 0 ? NEGATIVE : POSITIVE, 4 * i);
  data[4 * i + 3] = 255 * strength(value, largest);
}
