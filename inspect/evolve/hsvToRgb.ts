/**
 * Converts pixels of hue, saturation and value to red, green and blue, all from 0 to 1.
 *
 *   k = (n + 6 h) mod 6        channel = v − v s max(0, min(k, 4 − k, 1))
 *
 * with n = 5, 3 and 1 for red, green and blue.
 *
 * Source: Smith 1978, "Color gamut transform pairs", in the form without branches.
 *
 *     hsvToRgb(Float32Array.of(0, 1, 1)); // [1, 0, 0], red
 */
export function hsvToRgb(pixels: Float32Array): Float32Array {
  return pixels.map((_, i) => {
    const channel = i % 3;
    const [hue, saturation, value] = pixels.subarray(i - channel, i - channel + 3);
    const k = (5 - 2 * channel + 6 * hue) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  });
}
