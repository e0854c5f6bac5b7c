import { reshape, slice, sub, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { isTensor } from '../../lib/check.ts';
import { InputError, show } from '../../lib/errors.ts';
import { meanOver } from '../../lib/kernels/normalize/reductionGroups.ts';
import { matMulTransposedB } from '../../lib/kernels/matmul/matMul.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { numElements } from '../../lib/shapes.ts';

/** Returns a representation as a matrix with one row per example. */
function exampleRows(x: Tensor): Tensor2D {
  return reshape(x, [x.shape[0], numElements(x.shape.slice(1))]);
}

/**
 * Returns the Gram matrix X Xᵀ of a representation after each feature's mean over the examples has
 * been subtracted.
 *
 * Shapes: x [N, ...]; output [N, N].
 */
export function featureCentredGram(x: Tensor): Tensor2D {
  return tidy(() => {
    const rows = exampleRows(x);
    const [examples, features] = rows.shape;
    const means = meanOver(rows, { outer: 1, rows: examples, groups: features, columns: 1 });
    const centred = sub<Tensor2D>(rows, reshape(means, [1, features]));
    return matMulTransposedB(centred, centred);
  });
}

/**
 * Returns the Gram matrix X Xᵀ of a representation after each example's mean over its features has
 * been subtracted. Its elements are the covariances of examples, times the number of features.
 *
 * Shapes: x [N, ...]; output [N, N].
 */
export function exampleCentredGram(x: Tensor): Tensor2D {
  return tidy(() => {
    const rows = exampleRows(x);
    const [examples, features] = rows.shape;
    // An example whose features are all equal is exactly 0 after this subtraction. The mean would
    // leave a rounding error, which correlates with other examples.
    const shifted = sub(rows, slice(rows, [0, 0], [examples, 1]));
    const means = meanOver(shifted, { outer: examples, rows: 1, groups: 1, columns: features });
    const centred = sub<Tensor2D>(shifted, reshape(means, [examples, 1]));
    return matMulTransposedB(centred, centred);
  });
}

/** Reads a square matrix and disposes its tensor. */
export async function readSquare(matrix: Tensor2D): Promise<Float64Array> {
  const values = Float64Array.from(await matrix.data());
  disposeTensors(matrix);
  return values;
}

/**
 * Throws if two representations are not float tensors of the same examples, or have fewer than
 * `least` examples.
 *
 * Errors: `linearCka: expected b to have the 8 examples of a, got 7`.
 */
export function checkPair(caller: string, a: Tensor, b: Tensor, least: number): void {
  for (const [name, x] of Object.entries({ a, b })) {
    if (!isTensor(x) || x.rank < 2 || x.dtype !== 'float32') {
      const got = isTensor(x) ? `${x.dtype} ${show([...x.shape])}` : show(x);
      throw new InputError(
        `${caller}: expected ${name} to be a float tensor [examples, ...], got ${got}`,
      );
    }
    if (x.size === 0 && x.shape[0] > 0) {
      throw new InputError(`${caller}: expected ${name} to have features, got ${show(x.shape)}`);
    }
  }
  const [examples] = a.shape;
  if (b.shape[0] !== examples) {
    throw new InputError(
      `${caller}: expected b to have the ${examples} examples of a, got ${b.shape[0]}`,
    );
  }
  if (examples < least) {
    throw new InputError(
      `${caller}: expected at least ${least} example${least === 1 ? '' : 's'}, got ${examples}`,
    );
  }
}
