import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { axisFields } from '../simd/layout.ts';
import { simdOf, type Simd } from '../simd/simd.ts';
import type { AvgPool2dKernels } from './avgPool2dKernels.ts';
import { cellsInWindow } from './windowMap.ts';

/** Average pooling on wasm by boxprop's own kernels. */
export const wasmSimd: AvgPool2dKernels = {
  forward(images, geometry, countPadding) {
    const simd = simdOf();
    const { height, width } = geometry;
    const [batch, , , channels] = images.shape;
    const output = simd.output<Tensor4D>([batch, height.output, width.output, channels]);
    withScales(simd, geometry, countPadding, (scales) => {
      const fields = [
        ...[simd.addressOf(images), 0, 0, simd.addressOf(output), ...scales],
        ...[channels, ...axisFields(height), ...axisFields(width)],
      ];
      const units = output.size === 0 ? 0 : batch * height.output;
      simd.run('avgPool', units, fields, { work: images.size });
    });
    return output;
  },

  toInput(gradOutput, geometry, countPadding) {
    const simd = simdOf();
    const { height, width } = geometry;
    const [batch, , , channels] = gradOutput.shape;
    const gradInput = simd.output<Tensor4D>([batch, height.input, width.input, channels]);
    withScales(simd, geometry, countPadding, (scales) => {
      const fields = [
        ...[0, 0, simd.addressOf(gradOutput), simd.addressOf(gradInput), ...scales],
        ...[channels, ...axisFields(height), ...axisFields(width)],
      ];
      const units = gradInput.size === 0 ? 0 : batch;
      simd.run('avgPoolGrad', units, fields, { work: gradInput.size });
    });
    return gradInput;
  },
};

/** Calls `body` with the addresses of 1/(number of cells) per row and per column of windows. */
function withScales(
  simd: Simd,
  { height, width }: Geometry,
  countPadding: boolean,
  body: (scales: readonly [rows: number, columns: number]) => void,
): void {
  simd.withRoom(height.output + width.output, (rows) => {
    const columns = rows + 4 * height.output;
    simd.write(rows, scales(height, countPadding));
    simd.write(columns, scales(width, countPadding));
    body([rows, columns]);
  });
}

function scales(axis: Axis, countPadding: boolean): number[] {
  const count = cellsInWindow(axis, countPadding);
  return Array.from({ length: axis.output }, (_, window) => {
    const start = window * axis.stride - axis.before;
    return 1 / count(start, start + axis.kernel);
  });
}
