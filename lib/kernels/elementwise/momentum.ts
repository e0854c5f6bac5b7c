import { tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { simd } from '../simd/current.ts';
import type { MomentumOptions } from './momentumSimd.ts';
import { minus, plus, times } from './arithmetic.ts';
import type { Scalars } from '../../constant.ts';
import {
  FLOAT,
  freeIfUnshared,
  onTensorflow,
  runOperation,
  runOperations,
} from '../backends/tensorflow.ts';

/**
 * Makes one step of gradient descent with momentum, and returns the new velocity.
 *
 *     v' = μ v + g
 *     w' = w − ε v',  or  w − ε (g + μ v')  with Nesterov's momentum
 *
 * It disposes v and frees the old w as soon as they have been used, because in a layer of 38
 * million weights each of them takes 150 MB.
 *
 * Shapes: param, velocity, grad and the result all the same.
 */
export function momentumStep(
  param: Variable,
  velocity: Tensor,
  grad: Tensor,
  options: MomentumOptions,
  scalars: Scalars,
): Tensor {
  if (onTensorflow() && param.size >= LARGE) {
    return stepInPlace(param, velocity, grad, options, scalars);
  }
  const own = simd()?.momentumStep;
  if (own !== undefined) return own(param, velocity, grad, options);
  const [rate, decay] = [scalars.of(options.learningRate), scalars.of(options.momentum)];
  return tidy(() => {
    const moved = plus(times(velocity, decay), grad);
    velocity.dispose();
    const direction = options.nesterov ? plus(grad, times(moved, decay)) : moved;
    param.assign(minus(param, times(direction, rate)));
    return moved;
  });
}

/**
 * From this number of elements on, one operation and two reads of a variable are faster than four
 * operations, each of which writes a new tensor.
 */
const LARGE = 1 << 18;

/**
 * Makes the step with TensorFlow's own operation, which changes variables in place if no other
 * tensor shares their values. These variables exist only during the step.
 */
function stepInPlace(
  param: Variable,
  velocity: Tensor,
  grad: Tensor,
  { learningRate, momentum, nesterov }: MomentumOptions,
  scalars: Scalars,
): Tensor {
  return tidy(() => {
    const [w, v] = ['w', 'v'].map((name) => variable(name, param.shape));
    runOperations('AssignVariableOp', { dtype: FLOAT }, [w, param], 0);
    runOperations('AssignVariableOp', { dtype: FLOAT }, [v, velocity], 0);
    velocity.dispose();
    const [rate, decay] = [scalars.of(learningRate), scalars.of(momentum)];
    freeIfUnshared(param);
    try {
      // TensorFlow writes the step with Nesterov's momentum as w − (g ε + v' μ ε), which is the
      // same.
      const inputs = [w, v, rate, grad, decay];
      runOperations('ResourceApplyMomentum', { use_nesterov: nesterov }, inputs, 0);
    } finally {
      param.assign(read(w));
    }
    const moved = read(v);
    for (const handle of [w, v]) runOperations('DestroyResourceOp', {}, [handle], 0);
    return moved;
  });
}

function variable(name: string, shape: readonly number[]): Tensor {
  const attributes = { dtype: FLOAT, shape: { shape }, shared_name: `boxprop/${name}` } as const;
  return runOperation('VarHandleOp', attributes, []);
}

function read(handle: Tensor): Tensor {
  return runOperation('ReadVariableOp', { dtype: FLOAT }, [handle]);
}
