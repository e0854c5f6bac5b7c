import type { Tensor4D } from '@tensorflow/tfjs-core';
import { axisFields } from '../simd/layout.ts';
import { simdOf } from '../simd/simd.ts';
import type { MaxPool2dKernels } from './maxPool2dKernels.ts';

/** Max pooling on wasm by boxprop's own kernels. The maximum of a window with a NaN is NaN. */
export const wasmSimd: MaxPool2dKernels = {
  forward(images, { height, width }) {
    const simd = simdOf();
    const [batch, , , channels] = images.shape;
    const shape = [batch, height.output, width.output, channels];
    const output = simd.output<Tensor4D>(shape);
    const fields = [
      ...[simd.addressOf(images), 0, 0, simd.addressOf(output), 0, 0],
      ...[channels, ...axisFields(height), ...axisFields(width)],
    ];
    const units = output.size === 0 ? 0 : batch * height.output;
    simd.run('maxPool', units, fields, { work: images.size });
    return { output };
  },

  toInput(gradOutput, images, output, { height, width }) {
    const simd = simdOf();
    const [batch, , , channels] = images.shape;
    const gradInput = simd.output<Tensor4D>(images.shape);
    const fields = [
      ...[images, output, gradOutput, gradInput].map((x) => simd.addressOf(x)),
      ...[0, 0, channels, ...axisFields(height), ...axisFields(width)],
    ];
    simd.run('maxPoolGrad', images.size === 0 ? 0 : batch, fields, { work: images.size });
    return gradInput;
  },
};
