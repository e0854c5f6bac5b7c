import { encode } from 'fast-png';

/** Numbers [height, width, channels] to look at, with one channel or three. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
}

/**
 * Pictures side by side in rows, as a PNG in a `data:` address. Each is stretched to its own smallest and largest value,
 * or all to those of `range`.
 */
export function tiles(
  pictures: readonly Picture[],
  columns: number,
  range?: readonly [number, number],
): string {
  const [{ height, width, channels }] = pictures;
  const colour = channels === 3;
  const across = Math.min(columns, pictures.length);
  const down = Math.ceil(pictures.length / across);
  const [fullHeight, fullWidth] = [down * (height + 1) - 1, across * (width + 1) - 1];
  const depth = colour ? 3 : 1;
  const data = new Uint8Array(fullHeight * fullWidth * depth).fill(128);
  pictures.forEach(({ values }, k) => {
    const all = Array.from(values);
    const [low, high] = range ?? [
      all.reduce((a, b) => Math.min(a, b), Infinity),
      all.reduce((a, b) => Math.max(a, b), -Infinity),
    ];
    const [top, left] = [Math.floor(k / across) * (height + 1), (k % across) * (width + 1)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < depth; c++) {
          const value = values[(y * width + x) * channels + c];
          const share = high > low ? (value - low) / (high - low) : 0.5;
          data[((top + y) * fullWidth + left + x) * depth + c] = Math.round(
            255 * Math.min(1, Math.max(0, share)),
          );
        }
      }
    }
  });
  const png = encode({ width: fullWidth, height: fullHeight, data, channels: depth });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
