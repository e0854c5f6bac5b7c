import { engine } from '@tensorflow/tfjs-core';
import type { MaxPool2dKernels } from './maxPool2dKernels.ts';
import { poolAttributes } from './poolAttributes.ts';

/** Max pooling by tfjs's own kernels. */
export const tfjs: MaxPool2dKernels = {
  forward: (images, geometry) => ({
    output: engine().runKernel('MaxPool', { x: images }, poolAttributes(geometry)),
  }),

  toInput: (gradOutput, images, output, geometry) =>
    engine().runKernel(
      'MaxPoolGrad',
      { dy: gradOutput, input: images, output },
      poolAttributes(geometry),
    ),
};
