import type { Padding } from '../../lib/geometry.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import type { Cases, Draw } from '../case.ts';

/** Padding of each kind, up to a kernel's size less one. */
function padding(draw: Draw, kernel: readonly [number, number]): Padding {
  return draw.pick<() => Padding>(
    () => 'valid',
    () => 'same',
    () => draw.integer(0, Math.min(...kernel) - 1),
    () => [draw.integer(0, kernel[0] - 1), draw.integer(0, kernel[1] - 1)],
  )();
}

export const cases: Cases = {
  Conv2D: (draw) => {
    const kernel: [number, number] = [draw.integer(1, 4), draw.integer(1, 4)];
    const stride: [number, number] = [draw.integer(1, 3), draw.integer(1, 3)];
    const [inChannels, outChannels, batch] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 2)];
    // A few cells more than the kernel, so that the last window may leave some over.
    const image = [kernel[0] + draw.integer(0, 3), kernel[1] + draw.integer(0, 3)];
    const options = { stride, padding: padding(draw, kernel), bias: draw.chance(0.7) };
    const shape = [batch, ...image, inChannels];
    return {
      config: `Conv2D(${inChannels}, ${outChannels}, ${JSON.stringify(kernel)}, ${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new Conv2D(inChannels, outChannels, kernel, { ...options, rng: draw.rng }),
      input: draw.normal(shape),
    };
  },
};
