import type { Padding } from '../../lib/geometry.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import type { Cases } from '../case.ts';

export const cases: Cases = {
  MaxPool2D: (draw) => {
    const kernel: [number, number] = [draw.integer(1, 3), draw.integer(1, 3)];
    // Overlapping, tiling and gapped windows.
    const stride: [number, number] = [draw.integer(1, 4), draw.integer(1, 4)];
    const padding = draw.pick<Padding>('valid', 'same', [
      Math.floor(kernel[0] / 2),
      Math.floor(kernel[1] / 2),
    ]);
    const shape = [
      draw.integer(1, 2),
      kernel[0] + draw.integer(0, 4),
      kernel[1] + draw.integer(0, 4),
      draw.integer(1, 3),
    ];
    const options = { stride, padding };
    return {
      config: `MaxPool2D(${JSON.stringify(kernel)}, ${JSON.stringify(options)}) on [${shape.join(', ')}]`,
      box: new MaxPool2D(kernel, options),
      input: draw.apart(shape),
    };
  },
};
