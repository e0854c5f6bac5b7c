import type { Tensor3D } from '@tensorflow/tfjs-core';
import { runOnWebgpu, unroll } from '../backends/webgpu.ts';

/** A run computes this many rows and columns of the product, and each number that it reads serves for several. */
const HIGH = 8;
const WIDE = 4;

/**
 * y[n] = a[n] b[n], either factor transposed if wanted, on webgpu, where a processor plays the graphics card: tfjs's own
 * kernel takes ten times as long there. Factors [N, rows, columns], of which a batch of 1 serves for all N.
 */
export function matMulOnWebgpu(
  a: Tensor3D,
  b: Tensor3D,
  transposeA: boolean,
  transposeB: boolean,
): Tensor3D {
  const [rows, inner] = transposeA ? [a.shape[2], a.shape[1]] : [a.shape[1], a.shape[2]];
  const columns = transposeB ? b.shape[1] : b.shape[2];
  const batch = Math.max(a.shape[0], b.shape[0]);
  const [down, across] = [Math.ceil(rows / HIGH), Math.ceil(columns / WIDE)];
  // How far apart the numbers of a row, of a column and of the batch lie.
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
      let row = (index / uniforms.tiles.y) % uniforms.tiles.x * ${HIGH};
      let column = index % uniforms.tiles.y * ${WIDE};
      ${unroll(HIGH, (m) => `let row${m} = min(row + ${m}, rows - 1); var a${m} = n * uniforms.stepsA.z + row${m} * uniforms.stepsA.x;`)}
      ${unroll(WIDE, (k) => `let column${k} = min(column + ${k}, columns - 1); var b${k} = n * uniforms.stepsB.z + column${k} * uniforms.stepsB.y;`)}
      ${unroll(HIGH, (m) => unroll(WIDE, (k) => `var y${m}_${k} = 0.0;`))}
      for (var i = 0; i < uniforms.inner; i++) {
        ${unroll(HIGH, (m) => `let left${m} = a[a${m}]; a${m} += uniforms.stepsA.y;`)}
        ${unroll(WIDE, (k) => `let right${k} = b[b${k}]; b${k} += uniforms.stepsB.x;`)}
        ${unroll(HIGH, (m) => unroll(WIDE, (k) => `y${m}_${k} = fma(left${m}, right${k}, y${m}_${k});`))}
      }
      ${unroll(HIGH, (m) => unroll(WIDE, (k) => `result[(n * rows + row${m}) * columns + column${k}] = y${m}_${k};`))}`,
  });
}
