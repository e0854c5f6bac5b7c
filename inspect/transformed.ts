/** The kinds of transformations whose effect `invariance` measures. */
export type TransformKind = 'shift' | 'rotation' | 'scale';

/** A shift after a rotation and scaling about the middle of the image. */
export interface Transformation {
  /** The shift downwards and to the right, in pixels. */
  readonly shift: readonly [down: number, right: number];
  /** The angle of the rotation, counterclockwise. */
  readonly degrees: number;
  /** The factor of the scaling; above 1 the image grows. */
  readonly scale: number;
}

/**
 * Transforms images [N, height, width, C]. The value of a pixel is interpolated bilinearly at the
 * place from which it comes; beyond the border, the pixels of the border are repeated.
 */
export function transformed(
  pixels: ArrayLike<number>,
  [height, width, channels]: readonly number[],
  { shift: [down, right], degrees, scale }: Transformation,
): Float32Array {
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const size = height * width * channels;
  const moved = new Float32Array(pixels.length);
  const within = (place: number, length: number) => Math.min(length - 1, Math.max(0, place));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dy, dx] = [y - middleY - down, x - middleX - right];
      const fromY = within(middleY + cos * dy + sin * dx, height);
      const fromX = within(middleX + cos * dx - sin * dy, width);
      const [top, left] = [Math.floor(fromY), Math.floor(fromX)];
      const [below, beside] = [within(top + 1, height), within(left + 1, width)];
      const [v, u] = [fromY - top, fromX - left];
      for (let start = 0; start < pixels.length; start += size) {
        for (let c = 0; c < channels; c++) {
          const at = (row: number, column: number) =>
            pixels[start + (row * width + column) * channels + c];
          moved[start + (y * width + x) * channels + c] =
            (1 - v) * ((1 - u) * at(top, left) + u * at(top, beside)) +
            v * ((1 - u) * at(below, left) + u * at(below, beside));
        }
      }
    }
  }
  return moved;
}
