/**
 * The diverging scale of signed numbers: purple for negative, green for positive, the background for
 * 0. Readers who cannot tell red from green can tell these apart.
 */
const NEGATIVE = [118, 42, 131] as const;
const POSITIVE = [27, 120, 55] as const;

/** The strength of the colour of a value, from 0 to 1; the square root lifts small values. */
function strength(value: number, largest: number): number {
  if (!Number.isFinite(value)) return 1;
  return largest > 0 ? Math.sqrt(Math.min(1, Math.abs(value) / largest)) : 0;
}

/** The colour of a cell behind its number, as CSS. The number on it stays readable. */
export function tint(value: number, largest: number): string {
  const [r, g, b] = value < 0 ? NEGATIVE : POSITIVE;
  return `rgb(${r} ${g} ${b} / ${(0.38 * strength(value, largest)).toFixed(3)})`;
}

/** Returns the largest magnitude among finite values. */
export function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]));
  }
  return largest;
}

/** Paints a canvas of one pixel per number. `put` writes the four bytes of pixel i, row by row. */
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

/** Writes pixel i of a picture in signed colours. */
export function putSigned(
  data: Uint8ClampedArray,
  i: number,
  value: number,
  largest: number,
): void {
  data.set(value < 0 ? NEGATIVE : POSITIVE, 4 * i);
  data[4 * i + 3] = 255 * strength(value, largest);
}
