import { InputError, show } from '../errors.ts';
import type { Initializer } from './initializers.ts';
import { gabor } from './gabor.ts';

/**
 * The lecture's bank of Gabor filters as an initializer for `Conv2D`: filter o of O has the orientation π o/O, and even and
 * odd ones, light in the middle and light to one side, take turns, so that neighbours differ in both. All input channels get the
 * same; the mean of each filter is taken off, and it is scaled to the variance 2/n_in of `heNormal`. It draws nothing.
 *
 * Errors: a shape that is not that of a convolution's weight, [K_h, K_w, channels, filters]; filters of less than 3x3.
 * Source: lecture, "Gabor filters".
 */
export function gaborBank({
  wavelength,
  sigma,
}: { wavelength?: number; sigma?: number } = {}): Initializer {
  return (shape, { fanIn }) => {
    const [height, width, channels, filters] = shape;
    if (shape.length !== 4 || Math.min(height, width) < 3) {
      throw new InputError(
        `gaborBank: expected a weight [K_h, K_w, channels, filters] of at least 3x3, got ${show([...shape])}`,
      );
    }
    const side = Math.max(height, width);
    const values = new Float32Array(height * width * channels * filters);
    for (let o = 0; o < filters; o++) {
      const parameters = {
        x: (width - 1) / 2,
        y: (height - 1) / 2,
        orientation: (Math.PI * o) / filters,
        aspect: 0.5,
        sigma: sigma ?? side / 4,
        wavelength: wavelength ?? Math.max(2.5, side / 2),
        phase: o % 2 === 0 ? 0 : Math.PI / 2,
      };
      const filter = gabor(parameters, height, width);
      const mean = filter.reduce((sum, v) => sum + v, 0) / filter.length;
      const power = filter.reduce((sum, v) => sum + (v - mean) ** 2, 0) / filter.length;
      const gain = Math.sqrt(2 / (fanIn * power));
      for (let i = 0; i < values.length / filters; i++) {
        values[i * filters + o] = gain * (filter[Math.floor(i / channels)] - mean);
      }
    }
    return values;
  };
}
