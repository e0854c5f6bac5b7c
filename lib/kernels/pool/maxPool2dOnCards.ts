import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { runOnWebgl } from '../backends/webgl.ts';
import { runOnWebgpu } from '../backends/webgpu.ts';
import type { MaxPool2dKernels } from './maxPool2dKernels.ts';
import { tfjs } from './maxPool2dTfjs.ts';

/*
 * Shaders for max pooling, in which the maximum of a window with a NaN is NaN. tfjs's own shaders
 * ignore a NaN.
 */

/** Max pooling on webgl. */
export const webgl: MaxPool2dKernels = {
  forward(images, geometry) {
    const { height, width } = geometry;
    const output = runOnWebgl<Tensor4D>({
      inputs: { X: images },
      outputShape: outputShape(images, geometry),
      code: `
        ivec4 place = getOutputCoords();
        int top = place.y * ${height.stride} - ${height.before};
        int left = place.z * ${width.stride} - ${width.before};
        float most = 0.0;
        bool isFirst = true;
        for (int y = max(top, 0); y < min(top + ${height.kernel}, ${height.input}); y++) {
          for (int x = max(left, 0); x < min(left + ${width.kernel}, ${width.input}); x++) {
            float value = getX(place.x, y, x, place.w);
            if (isFirst || !(value <= most || isnan(most))) most = value;
            isFirst = false;
          }
        }
        setOutput(most);`,
    });
    return { output };
  },
  toInput: tfjs.toInput,
};

/** Max pooling on webgpu. WGSL has no function that tests for NaN, so the shader tests the bits. */
export const webgpu: MaxPool2dKernels = {
  forward(images, geometry) {
    const { height, width } = geometry;
    const shape = outputShape(images, geometry);
    const [batch, rows, columns, channels] = shape;
    const output = runOnWebgpu<Tensor4D>({
      key: 'maxPool2d',
      inputs: { images },
      outputShape: shape,
      uniforms: {
        size: [height.input, width.input],
        kernel: [height.kernel, width.kernel],
        stride: [height.stride, width.stride],
        before: [height.before, width.before],
      },
      runs: batch * rows * columns * channels,
      code: () => `
        let channels = uniforms.outShape[3];
        let pixel = index / channels;
        let place = vec2<i32>(pixel / uniforms.outShape[2] % uniforms.outShape[1],
                              pixel % uniforms.outShape[2]);
        let image = pixel / uniforms.outShape[2] / uniforms.outShape[1];
        let corner = place * uniforms.stride - uniforms.before;
        let first = max(corner, vec2<i32>(0));
        let past = min(corner + uniforms.kernel, uniforms.size);
        var most = 0.0;
        var rank = -1;
        for (var y = first.x; y < past.x; y++) {
          for (var x = first.y; x < past.y; x++) {
            let cell = (image * uniforms.size.x + y) * uniforms.size.y + x;
            let value = images[cell * channels + index % channels];
            let bits = bitcast<i32>(value) & 0x7fffffff;
            let order = select(1, 2, bits > 0x7f800000);
            if (order > rank || (order == rank && order == 1 && value > most)) { most = value; }
            rank = max(rank, order);
          }
        }
        result[index] = most;`,
    });
    return { output };
  },
  toInput: tfjs.toInput,
};

function outputShape({ shape }: Tensor4D, { height, width }: Geometry) {
  return [shape[0], height.output, width.output, shape[3]];
}
