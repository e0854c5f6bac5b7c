import { checkOptions } from '../check.ts';
import { InputError, show } from '../errors.ts';
import type { Initializer } from './initializers.ts';
import { gabor } from './gabor.ts';

/** The options of `gaborBank`. */
export interface GaborBankOptions {
  /** The period of the stripes in pixels; by default half the kernel, but at least 2.5. */
  readonly wavelength?: number;
  /** The width of the envelope in pixels; a quarter of the kernel by default. */
  readonly sigma?: number;
}

/**
 * The lecture's bank of Gabor filters as an initializer for `Conv2D`. Filter o of O has the
 * orientation π o/O. Even filters (symmetric, light in the centre) and odd filters (antisymmetric,
 * light on one side) alternate. All input channels get the same filter. Each filter has mean 0 and
 * the variance 2/n_in of `heNormal`. No random numbers are used.
 *
 * Errors: a shape other than that of a convolution's weight, [K_h, K_w, channels, filters]; filters
 *         smaller than 3x3.
 * Source: lecture, "Gabor filters".
 *
 *     const conv1 = new Conv2D(3, 8, 7, { init: gaborBank() });
 */
export function gaborBank(options: GaborBankOptions = {}): Initializer {
  checkOptions('gaborBank', options, ['wavelength', 'sigma']);
  const { wavelength, sigma } = options;
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
