import { decode, encode } from 'fast-png';

/**
 * Values [height, width, channels] that can be drawn. If there are three channels, they are red,
 * green and blue; otherwise only the first channel is drawn.
 */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
}

/** A PNG that contains pictures side by side, and its size. */
export interface Tiles {
  readonly png: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** A figure of a report. */
export interface Figure {
  /** The name of the figure's file, without the extension. */
  readonly name: string;
  /** The caption. */
  readonly title: string;
  /** The content of the figure: an SVG or a PNG. */
  readonly picture: string | Tiles;
}

/**
 * The values that are drawn as black and white. For 'own', they are the smallest and largest value
 * of the picture. For 'around 0', they are −m and m, where m is the largest magnitude. A pair
 * states the two values.
 */
export type Range = 'own' | 'around 0' | readonly [black: number, white: number];

const GAP = 1;
const WHITE = 255;

/**
 * Draws pictures of the same size side by side, `columns` per row, with white lines between them.
 */
export function tiles(pictures: readonly Picture[], columns: number, range: Range = 'own'): Tiles {
  const [{ height, width, channels }] = pictures;
  const depth = channels === 3 ? 3 : 1;
  const across = Math.min(columns, pictures.length);
  const down = Math.ceil(pictures.length / across);
  const full = { height: down * (height + GAP) - GAP, width: across * (width + GAP) - GAP };
  const data = new Uint8Array(full.height * full.width * depth).fill(WHITE);
  pictures.forEach(({ values }, k) => {
    const [black, white] = limits(values, range);
    const [top, left] = [Math.floor(k / across) * (height + GAP), (k % across) * (width + GAP)];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width * depth; x++) {
        const value = values[(y * width + Math.floor(x / depth)) * channels + (x % depth)];
        const share = white > black ? (value - black) / (white - black) : 0.5;
        const at = ((top + y) * full.width + left) * depth + x;
        data[at] = Math.round(255 * Math.min(1, Math.max(0, share)));
      }
    }
  });
  return { ...full, png: encode({ ...full, data, channels: depth }) };
}

/**
 * Stacks tiles vertically, aligned on the left, with three white lines between them. Returns a PNG.
 */
export function stacked(parts: readonly Tiles[]): Uint8Array {
  return joined(parts, 'down').png;
}

/** Puts tiles side by side, aligned at the top, with three white lines between them. */
export function beside(parts: readonly Tiles[]): Tiles {
  return joined(parts, 'right');
}

function joined(parts: readonly Tiles[], direction: 'down' | 'right'): Tiles {
  const images = parts.map(({ png }) => decode(png));
  const depth = Math.max(...images.map(({ channels }) => channels));
  const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b + 3 * GAP, -3 * GAP);
  const most = (sizes: readonly number[]) => Math.max(...sizes);
  const [along, across] = direction === 'down' ? [sum, most] : [most, sum];
  const height = along(parts.map((part) => part.height));
  const width = across(parts.map((part) => part.width));
  const data = new Uint8Array(height * width * depth).fill(WHITE);
  let [top, left] = [0, 0];
  for (const { data: pixels, channels, width: columns, height: rows } of images) {
    for (let i = 0; i < rows * columns * depth; i++) {
      const [y, x, c] = [
        Math.floor(i / (columns * depth)),
        Math.floor(i / depth) % columns,
        i % depth,
      ];
      data[((top + y) * width + left + x) * depth + c] =
        pixels[(y * columns + x) * channels + (c % channels)];
    }
    if (direction === 'down') top += rows + 3 * GAP;
    else left += columns + 3 * GAP;
  }
  return { height, width, png: encode({ width, height, data, channels: depth }) };
}

function limits(values: ArrayLike<number>, range: Range): readonly [number, number] {
  if (typeof range !== 'string') return range;
  const all = Array.from(values);
  const [low, high] = [Math.min, Math.max].map((of) => all.reduce((a, b) => of(a, b)));
  if (range === 'own') return [low, high];
  const most = Math.max(-low, high);
  return [-most, most];
}

/** Arranges values in rows of `width`. The last row is filled up with the smallest value. */
export function wrapped(values: ArrayLike<number>, width = 64): Picture {
  const across = Math.min(width, values.length);
  const height = Math.ceil(values.length / across);
  const least = Array.from(values).reduce((a, b) => Math.min(a, b), Infinity);
  const filled = Float32Array.from({ length: height * across }, (_, i) =>
    i < values.length ? values[i] : least,
  );
  return { height, width: across, channels: 1, values: filled };
}

/** Returns the images of a batch, or an empty list if `shape` is not [height, width, channels]. */
export function picturesOf(values: ArrayLike<number>, shape: readonly number[]): Picture[] {
  if (shape.length !== 3) return [];
  const [height, width, channels] = shape;
  const size = height * width * channels;
  return Array.from({ length: values.length / size }, (_, n) => ({
    height,
    width,
    channels,
    values: Float32Array.from({ length: size }, (_, i) => values[n * size + i]),
  }));
}

/** Returns the channels of one image as separate pictures. */
export function channelsOf(values: ArrayLike<number>, shape: readonly number[]): Picture[] {
  const [height, width, channels] = shape;
  return Array.from({ length: channels }, (_, c) => ({
    height,
    width,
    channels: 1,
    values: Float32Array.from({ length: height * width }, (_, i) => values[i * channels + c]),
  }));
}
