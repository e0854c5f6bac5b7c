import { reshape, tidy, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import {
  perColumn,
  perElement,
  perRow,
  runOnWebgpu,
  TILE_COLUMNS,
  TILE_ROWS,
} from '../backends/webgpu.ts';
import type { MatMulKernels } from './matMulKernels.ts';

/**
 * Matrix products on webgpu for a software GPU, where tfjs's own kernel takes ten times as long.
 * One invocation of the shader computes one tile of the product.
 */
export const webgpu: MatMulKernels = {
  multiply(a, b, transposeA, transposeB) {
    return tidy(() => {
      const product = multiplyEach(asBatch(a), asBatch(b), transposeA, transposeB);
      return reshape(product, [product.shape[1], product.shape[2]]);
    });
  },

  multiplyEach,
};

function asBatch(matrix: Tensor2D): Tensor3D {
  return reshape(matrix, [1, ...matrix.shape]);
}

function multiplyEach(
  a: Tensor3D,
  b: Tensor3D,
  transposeA: boolean,
  transposeB: boolean,
): Tensor3D {
  const [rows, inner] = transposeA ? [a.shape[2], a.shape[1]] : [a.shape[1], a.shape[2]];
  const columns = transposeB ? b.shape[1] : b.shape[2];
  const batch = Math.max(a.shape[0], b.shape[0]);
  const [down, across] = [Math.ceil(rows / TILE_ROWS), Math.ceil(columns / TILE_COLUMNS)];
  // The distances in memory between neighbours in a column, between neighbours in a row, and
  // between matrices of the batch.
  const stepsOf = ({ shape: [n, height, width] }: Tensor3D, isTransposed: boolean) => {
    const both = isTransposed ? [1, width] : [width, 1];
    return [...both, n === 1 ? 0 : height * width];
  };
  return runOnWebgpu({
    key: 'matMul',
    inputs: { a, b },
    outputShape: [batch, rows, columns],
    uniforms: {
      inner: [inner],
      tiles: [down, across],
      stepsA: stepsOf(a, transposeA),
      stepsB: stepsOf(b, transposeB),
    },
    runs: batch * down * across,
    code: () => `
      let rows = uniforms.outShape[1];
      let columns = uniforms.outShape[2];
      let n = index / (uniforms.tiles.x * uniforms.tiles.y);
      let row = (index / uniforms.tiles.y) % uniforms.tiles.x * ${TILE_ROWS};
      let column = index % uniforms.tiles.y * ${TILE_COLUMNS};
      ${perRow(
        (m) => `
      let row${m} = min(row + ${m}, rows - 1);
      var a${m} = n * uniforms.stepsA.z + row${m} * uniforms.stepsA.x;`,
      )}
      ${perColumn(
        (k) => `
      let column${k} = min(column + ${k}, columns - 1);
      var b${k} = n * uniforms.stepsB.z + column${k} * uniforms.stepsB.y;`,
      )}
      ${perElement((m, k) => `var y${m}_${k} = 0.0;`)}
      for (var i = 0; i < uniforms.inner; i++) {
        ${perRow((m) => `let left${m} = a[a${m}]; a${m} += uniforms.stepsA.y;`)}
        ${perColumn((k) => `let right${k} = b[b${k}]; b${k} += uniforms.stepsB.x;`)}
        ${perElement((m, k) => `y${m}_${k} = fma(left${m}, right${k}, y${m}_${k});`)}
      }
      ${perElement((m, k) => `result[(n * rows + row${m}) * columns + column${k}] = y${m}_${k};`)}`,
  });
}
