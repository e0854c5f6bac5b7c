import { tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { minus, plus, times } from './arithmetic.ts';
import type { Scalars } from '../../constant.ts';
import {
  FLOAT,
  freeIfUnshared,
  onTensorflow,
  runOperation,
  runOperations,
} from '../backends/tensorflow.ts';

export interface MomentumOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
}

/**
 * A step of gradient descent with momentum:
 *
 *   v' = μ v + g
 *   w' = w − ε v',  or  w − ε (g + μ v')  with Nesterov's momentum
 *
 * Lets v and the old w go as soon as they are used: for a layer of 38 million weights each is 150 MB.
 *
 * @returns v'
 */
export function momentumStep(
  param: Variable,
  velocity: Tensor,
  grad: Tensor,
  options: MomentumOptions,
  scalars: Scalars,
): Tensor {
  if (onTensorflow() && param.size >= LARGE)
    return stepInPlace(param, velocity, grad, options, scalars);
  const [rate, decay] = [scalars.of(options.learningRate), scalars.of(options.momentum)];
  return tidy(() => {
    const moved = plus(times(velocity, decay), grad);
    velocity.dispose();
    const direction = options.nesterov ? plus(grad, times(moved, decay)) : moved;
    param.assign(minus(param, times(direction, rate)));
    return moved;
  });
}

/** From here on one operation with two reads of a variable is quicker than four that each write a new tensor. */
const LARGE = 1 << 18;

/** TensorFlow's own step changes its variables in place, those whose values nobody shares. They live as long as the step. */
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
      // With Nesterov's momentum TensorFlow's step is the same: w − (g ε + v' μ ε).
      runOperations(
        'ResourceApplyMomentum',
        { use_nesterov: nesterov },
        [w, v, rate, grad, decay],
        0,
      );
    } finally {
      param.assign(read(w));
    }
    const moved = read(v);
    for (const handle of [w, v]) runOperations('DestroyResourceOp', {}, [handle], 0);
    return moved;
  });
}

function variable(name: string, shape: readonly number[]): Tensor {
  return runOperation(
    'VarHandleOp',
    { dtype: FLOAT, shape: { shape }, shared_name: `boxprop/${name}` },
    [],
  );
}

function read(handle: Tensor): Tensor {
  return runOperation('ReadVariableOp', { dtype: FLOAT }, [handle]);
}
