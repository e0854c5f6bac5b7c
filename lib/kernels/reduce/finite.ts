import { add, addN, mul, sum, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/**
 * A scalar: 0 if no value of these tensors is NaN or infinite, else NaN. 0·x is 0 for a finite x and NaN for any
 * other, so the sum of all 0·x is 0 or NaN, whatever the size of the values: nothing overflows, as squares would.
 *
 * Shapes: any. Errors: none.
 */
export function zeroIfFinite(tensors: readonly Tensor[]): Tensor {
  return tidy(() => {
    const zero = scalar(0);
    if (onTensorflow() && tensors.length > 0 && haveFiniteSquares(tensors)) return zero;
    return tensors.reduce<Tensor>((all, x) => add(all, sum(mul(x, zero))), zero.clone());
  });
}

/**
 * One operation a tensor in place of three, a tenth of their time. What overflows here is looked at anew; integers,
 * which the operation does not take, are finite.
 */
function haveFiniteSquares(tensors: readonly Tensor[]): boolean {
  const floats = tensors.filter(({ dtype }) => dtype === 'float32');
  if (floats.length === 0) return true;
  const squares = floats.map((x) => runOperation<Scalar>('L2Loss', {}, [x]));
  return Number.isFinite(addN(squares).dataSync()[0]);
}
