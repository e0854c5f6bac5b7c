import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { axisFields } from '../simd/layout.ts';
import { simdOf, type SimdKernel } from '../simd/simd.ts';
import type { DepthwiseKernels } from './depthwiseKernels.ts';

/** Depthwise convolution and its gradients on wasm by boxprop's own kernels. */
export const wasmSimd: DepthwiseKernels = {
  forward(images, filters, geometry) {
    const { height, width } = geometry;
    const [batch, , , channels] = images.shape;
    const multiplier = filters.shape[3];
    const shape = [batch, height.output, width.output, channels * multiplier];
    const output = simdOf().output<Tensor4D>(shape);
    const units = batch * height.output;
    run(
      'depthwise',
      units,
      { images, filters, to: output },
      [batch, channels, multiplier],
      geometry,
    );
    return output;
  },

  toInput(gradOutput, filters, geometry) {
    const { height, width } = geometry;
    const [batch] = gradOutput.shape;
    const [, , channels, multiplier] = filters.shape;
    const shape = [batch, height.input, width.input, channels];
    const to = simdOf().output<Tensor4D>(shape);
    run(
      'depthwiseInput',
      batch,
      { filters, gradOutput, to },
      [batch, channels, multiplier],
      geometry,
    );
    return to;
  },

  toFilter(images, gradOutput, geometry) {
    const { height, width } = geometry;
    const [batch, , , channels] = images.shape;
    const outputs = gradOutput.shape[3];
    const sizes = [batch, channels, outputs / channels];
    const shape = [height.kernel, width.kernel, channels, sizes[2]];
    const to = simdOf().output<Tensor4D>(shape);
    // The sums are in double precision, so each takes the memory of two single-precision values.
    const units = height.kernel * width.kernel;
    run('depthwiseFilter', units, { images, gradOutput, to }, sizes, geometry, 2 * outputs);
    return to;
  },
};

/** Runs a kernel of source/depthwise.c with the fields of its struct. */
function run(
  kernel: SimdKernel,
  units: number,
  tensors: {
    readonly images?: Tensor4D;
    readonly filters?: Tensor4D;
    readonly gradOutput?: Tensor4D;
    readonly to: Tensor4D;
  },
  sizes: readonly number[],
  { height, width }: Geometry,
  scratch = 0,
): void {
  const simd = simdOf();
  const { images, filters, gradOutput, to } = tensors;
  const addresses = [images, filters, gradOutput, to].map((x) => (x ? simd.addressOf(x) : 0));
  const fields = [...addresses, ...sizes, ...axisFields(height), ...axisFields(width)];
  const work = Math.max(images?.size ?? 0, to.size) * height.kernel * width.kernel;
  simd.run(kernel, units, fields, { scratch, work });
}
