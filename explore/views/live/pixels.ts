import type { Pixels } from '../../engine/live/analyse.ts';

/** The height and width of an image. */
export const SIDE = 28;

/** The radius of the pen, in pixels. At its edge the ink fades out. */
const PEN = 1.3;

/** Returns an image with a stroke from one point to another. */
export function withStroke(
  pixels: Pixels,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
): Pixels {
  const next = Float32Array.from(pixels);
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let step = 0; step <= steps; step++) {
    const at = [0, 1].map((axis) => from[axis] + ((to[axis] - from[axis]) * step) / steps);
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const distance = Math.hypot(column + 0.5 - at[0], row + 0.5 - at[1]);
        const ink = Math.min(1, Math.max(0, PEN + 0.5 - distance));
        next[row * SIDE + column] = Math.max(next[row * SIDE + column], ink);
      }
    }
  }
  return next;
}

/** Moves an image so that its centre of mass is in the middle, as in the digits of MNIST. */
export function centred(pixels: Pixels): Pixels {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((ink, i) => {
    mass += ink;
    x += ink * (i % SIDE);
    y += ink * Math.floor(i / SIDE);
  });
  if (mass === 0) return pixels;
  const [right, down] = [x, y].map((sum) => Math.round((SIDE - 1) / 2 - sum / mass));
  const moved = new Float32Array(pixels.length);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [fromRow, fromColumn] = [row - down, column - right];
      const inside = [fromRow, fromColumn].every((at) => at >= 0 && at < SIDE);
      if (inside) moved[row * SIDE + column] = pixels[fromRow * SIDE + fromColumn];
    }
  }
  return moved;
}

/**
 * Reads an image file and converts it to light ink on a dark background. The digit is 20 pixels
 * high or wide, as in MNIST.
 */
export async function readImage(file: File): Promise<Pixels> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: expected an image, such as a PNG or a JPEG, got another file`);
  });
  const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('expected a canvas, got none');
  // An image that has the size of MNIST's images is not changed.
  const asIs = bitmap.width === SIDE && bitmap.height === SIDE;
  const scale = asIs ? 1 : 20 / Math.max(bitmap.width, bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  const [left, top] = [(SIDE - width) / 2, (SIDE - height) / 2];
  context.drawImage(bitmap, left, top, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const grey = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
    return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
  });
  const covered = (i: number) => data[4 * i + 3] > 127;
  const own = grey.filter((_, i) => covered(i));
  const light = own.reduce((sum, value) => sum + value, 0) / Math.max(1, own.length) > 0.5;
  return grey.map((value, i) => (covered(i) ? (light ? 1 - value : value) : 0));
}
