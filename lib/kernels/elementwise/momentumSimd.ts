import { tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { runElementwise, simdOf } from '../simd/simd.ts';

/** The options of `momentumStep`. */
export interface MomentumOptions {
  /** The learning rate ε. */
  readonly learningRate: number;
  /** The momentum μ. */
  readonly momentum: number;
  /** Whether the momentum is Nesterov's. */
  readonly nesterov: boolean;
}

/** Makes the step on wasm by boxprop's own kernel, in one pass over the three tensors. */
export function wasmSimd(
  param: Variable,
  velocity: Tensor,
  grad: Tensor,
  { learningRate, momentum, nesterov }: MomentumOptions,
): Tensor {
  return tidy(() => {
    const [moved, updated] = [1, 2].map(() => simdOf().output(param.shape));
    const numbers = [learningRate, momentum, nesterov ? 1 : 0];
    runElementwise('momentum', [param, velocity, grad], [updated, moved], numbers);
    velocity.dispose();
    param.assign(updated);
    return moved;
  });
}
