import { add, mul, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from './constant.ts';
import { FLOAT, onTensorflow, runOperation, runOperations } from './tensorflow.ts';

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
 * Lets v go as soon as it is used: for a layer of 38 million weights that is 150 MB.
 */
export function momentumStep(
  param: Tensor,
  velocity: Tensor,
  grad: Tensor,
  options: MomentumOptions,
): { param: Tensor; velocity: Tensor } {
  if (onTensorflow() && param.size >= LARGE) return stepInPlace(param, velocity, grad, options);
  const { learningRate, momentum, nesterov } = options;
  const next = tidy(() => {
    const moved = add(mul(velocity, scalar(momentum)), grad);
    const direction = nesterov ? add(grad, mul(moved, scalar(momentum))) : moved;
    return { param: sub(param, mul(direction, scalar(learningRate))), velocity: moved };
  });
  velocity.dispose();
  return next;
}

/** From here on one operation with two reads of a variable is quicker than four that each write a new tensor. */
const LARGE = 1 << 18;

/** TensorFlow's own step changes variables in place. They live as long as the step. */
function stepInPlace(
  param: Tensor,
  velocity: Tensor,
  grad: Tensor,
  { learningRate, momentum, nesterov }: MomentumOptions,
): { param: Tensor; velocity: Tensor } {
  return tidy(() => {
    const [w, v] = ['w', 'v'].map((name) => variable(name, param.shape));
    runOperations('AssignVariableOp', { dtype: FLOAT }, [w, param], 0);
    runOperations('AssignVariableOp', { dtype: FLOAT }, [v, velocity], 0);
    velocity.dispose();
    const [rate, decay]: Scalar[] = [scalar(learningRate), scalar(momentum)];
    // With Nesterov's momentum TensorFlow's step is the same: w − (g ε + v' μ ε).
    runOperations('ResourceApplyMomentum', { use_nesterov: nesterov }, [w, v, rate, grad, decay], 0);
    const next = { param: read(w), velocity: read(v) };
    for (const handle of [w, v]) runOperations('DestroyResourceOp', {}, [handle], 0);
    return next;
  });
}

function variable(name: string, shape: readonly number[]): Tensor {
  return runOperation('VarHandleOp', { dtype: FLOAT, shape: { shape }, shared_name: `boxprop/${name}` }, []);
}

function read(handle: Tensor): Tensor {
  return runOperation('ReadVariableOp', { dtype: FLOAT }, [handle]);
}
