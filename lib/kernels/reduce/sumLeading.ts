import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { numElements } from '../../init/initializers.ts';
import { sumOver } from '../normalize/reductionGroups.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/** TensorFlow's sum of a bias's gradient adds one row after the other: up to here its rounding is as small as ours. */
const MAX_ROWS = 1 << 16;

/** The sum over all axes but the last `trailing`: what a parameter's gradient gathers from a batch. */
export function sumLeading(x: Tensor, trailing = 1): Tensor {
  const kept = x.shape.slice(x.rank - trailing);
  const columns = numElements(kept);
  if (onTensorflow() && x.size <= MAX_ROWS * columns) {
    if (trailing === 1 && x.rank > 1) return runOperation('BiasAddGrad', {}, [x]);
    return tidy(() =>
      reshape(runOperation('BiasAddGrad', {}, [reshape(x, [x.size / columns, columns])]), kept),
    );
  }
  const sets = { outer: 1, rows: x.size / columns, groups: columns, columns: 1 };
  return tidy(() => reshape(sumOver(x, sets), kept));
}
