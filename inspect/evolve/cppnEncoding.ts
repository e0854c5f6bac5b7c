import { InputError, show } from '../../lib/errors.ts';
import { drawCppn, type Cppn } from './cppn.ts';
import type { ImageEncoding } from './encoding.ts';
import { hsvToRgb } from './hsvToRgb.ts';
import { mutateCppn, randomCppn } from './mutateCppn.ts';

/**
 * Encodes an image by a CPPN, which computes each pixel from its place, so that images are regular:
 * they have lines, repetitions and symmetries. Three channels are computed as hue, saturation and
 * value, and converted; any other number of channels is computed as it is.
 *
 * Errors: a shape that is not height, width and channels.
 * Source: Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, section 2.3.
 *
 *     const encoding = cppnEncoding([28, 28, 1]);
 *     const pixels = encoding.draw(encoding.random(new Rng(0))); // a smooth pattern
 */
export function cppnEncoding(inputShape: readonly number[]): ImageEncoding<Cppn> {
  if (inputShape.length !== 3) {
    throw new InputError(
      `cppnEncoding: expected a shape of height, width and channels, got ${show([...inputShape])}`,
    );
  }
  const [height, width, outputs] = inputShape;
  return {
    random: (rng) => randomCppn(outputs, rng),
    mutate: mutateCppn,
    draw(cppn) {
      const values = drawCppn(cppn, { height, width, outputs });
      return outputs === 3 ? hsvToRgb(values) : values;
    },
  };
}
