import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { numElements } from '../../shapes.ts';
import { sumOver } from '../normalize/reductionGroups.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/**
 * The largest number of rows that TensorFlow's kernel BiasAddGrad sums here. It adds the rows one
 * by one, so for more rows its rounding error is larger than that of `sumOver`.
 */
const MAX_ROWS = 1 << 16;

/**
 * Returns the sum over all axes except the last `trailing` axes. This is the gradient of a
 * parameter that all examples of a batch share.
 *
 *     const gradBias = sumLeading(gradOutput); // [N, H, W, C] to [C]
 */
export function sumLeading(x: Tensor, trailing = 1): Tensor {
  const kept = x.shape.slice(x.rank - trailing);
  const columns = numElements(kept);
  if (onTensorflow() && x.size <= MAX_ROWS * columns) {
    if (trailing === 1 && x.rank > 1) return runOperation('BiasAddGrad', {}, [x]);
    return tidy(() =>
      reshape(runOperation('BiasAddGrad', {}, [reshape(x, [x.size / columns, columns])]), kept),
    );
  }
  const grouping = { outer: 1, rows: x.size / columns, groups: columns, columns: 1 };
  return tidy(() => reshape(sumOver(x, grouping), kept));
}
