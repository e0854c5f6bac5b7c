import { tidy, type Rank, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { constant } from '../../constant.ts';
import { runOnWebgl } from '../backends/webgl.ts';
import { runOnWebgpu } from '../backends/webgpu.ts';
import type { AxisMap } from './imageMap.ts';

/*
 * Shaders that apply a linear map to one axis, with one invocation per output. A product with the
 * whole matrix would multiply every cell outside of a window by 0, and 0 · ∞ is NaN.
 *
 * Shapes: x [outer, input, inner]; output [outer, rows, inner].
 */

/**
 * The columns of the table of a map: the first cell, the number of weights, and the first weight.
 */
const [FIRST, TAPS, WEIGHTS] = [0, 1, 2];

/** Applies a map on webgl. */
export function mapOnWebgl(x: Tensor3D, map: AxisMap): Tensor3D {
  const [outer, , inner] = x.shape;
  return tidy(() =>
    runOnWebgl({
      inputs: { X: x, Table: tableOf(map) },
      outputShape: [outer, map.rows.length, inner],
      code: `
        ivec3 place = getOutputCoords();
        int first = int(getTable(place.y, ${FIRST}));
        int taps = int(getTable(place.y, ${TAPS}));
        float sum = 0.0;
        for (int tap = 0; tap < taps; tap++) {
          float weight = getTable(place.y, ${WEIGHTS} + tap);
          if (weight != 0.0) sum += weight * getX(place.x, first + tap, place.z);
        }
        setOutput(sum);`,
    }),
  );
}

/** Applies a map on webgpu. */
export function mapOnWebgpu(x: Tensor3D, map: AxisMap): Tensor3D {
  const [outer, input, inner] = x.shape;
  return tidy(() => {
    const table = tableOf(map);
    return runOnWebgpu({
      key: 'mapAxis',
      inputs: { x, table },
      outputShape: [outer, map.rows.length, inner],
      uniforms: { input: [input], columns: [table.shape[1]] },
      runs: outer * map.rows.length * inner,
      code: () => `
        let inner = uniforms.outShape[2];
        let row = index / inner % uniforms.outShape[1];
        let start = row * uniforms.columns;
        let taps = i32(table[start + ${TAPS}]);
        var cell = index / inner / uniforms.outShape[1] * uniforms.input;
        cell = (cell + i32(table[start + ${FIRST}])) * inner + index % inner;
        var sum = 0.0;
        for (var tap = 0; tap < taps; tap++) {
          let weight = table[start + ${WEIGHTS} + tap];
          if (weight != 0.0) { sum += weight * x[cell + tap * inner]; }
        }
        result[index] = sum;`,
    });
  });
}

/**
 * Returns a table with one row per output: its first cell, the number of its weights, and the
 * weights.
 */
function tableOf({ rows }: AxisMap): Tensor<Rank.R2> {
  const columns = WEIGHTS + Math.max(...rows.map(({ weights }) => weights.length), 1);
  const table = new Float64Array(rows.length * columns);
  rows.forEach(({ first, weights }, i) =>
    table.set([first, weights.length, ...weights], i * columns),
  );
  return constant<Rank.R2>(table, [rows.length, columns]);
}
