import { InputError, show } from '../../lib/errors.ts';

/**
 * Computes the amplitudes of the two-dimensional Fourier transform of a filter f, padded with zeros
 * to size × size pixels:
 *
 *   F(u, v) = |Σ f(x, y) exp(−2πi (u x + v y))|,   u = (column − m)/size,  v = (row − m)/size
 *
 * Frequencies are in cycles per pixel, and frequency 0 stands at row and column m = ⌊size/2⌋. By
 * Parseval's theorem Σ F² = size² Σ f².
 *
 * Shapes: filter height · width values, in row-major order; output size · size values, likewise.
 * Errors: a wrong number of values; a value that is not finite; a size that is not a whole number,
 *         or smaller than the filter.
 * Source: lecture, "Comparing Human and Machine Perception".
 *
 *     fourierAmplitudes([1, -1], 1, 2, 2);   // [2, 0, 2, 0]: only the highest frequency across
 */
export function fourierAmplitudes(
  filter: ArrayLike<number>,
  height: number,
  width: number,
  size = 32,
): Float64Array {
  const f = Float64Array.from(filter);
  if (f.length !== height * width || !f.every(Number.isFinite)) {
    throw new InputError(
      `fourierAmplitudes: expected a filter of ${height}x${width} finite values, got ${show([...f].slice(0, 4))}`,
    );
  }
  if (!Number.isSafeInteger(size) || size < Math.max(height, width)) {
    throw new InputError(
      `fourierAmplitudes: expected size to be a whole number of at least ${Math.max(height, width)} pixels, got ${show(size)}`,
    );
  }
  // The exponential is a product, so each row is transformed first, and then each column.
  const middle = Math.floor(size / 2);
  const angle = (k: number, place: number) => (-2 * Math.PI * ((k - middle) * place)) / size;
  const [re, im] = [new Float64Array(height * size), new Float64Array(height * size)];
  for (let y = 0; y < height; y++) {
    for (let u = 0; u < size; u++) {
      for (let x = 0; x < width; x++) {
        re[y * size + u] += f[y * width + x] * Math.cos(angle(u, x));
        im[y * size + u] += f[y * width + x] * Math.sin(angle(u, x));
      }
    }
  }
  return Float64Array.from({ length: size * size }, (_, i) => {
    const [v, u] = [Math.floor(i / size), i % size];
    let [real, imaginary] = [0, 0];
    for (let y = 0; y < height; y++) {
      const [c, s] = [Math.cos(angle(v, y)), Math.sin(angle(v, y))];
      real += re[y * size + u] * c - im[y * size + u] * s;
      imaginary += re[y * size + u] * s + im[y * size + u] * c;
    }
    return Math.hypot(real, imaginary);
  });
}
