import { add, div, minimum, mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, FLOAT_RANGE, isPositiveFloat } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import { clip } from '../lib/kernels/elementwise/clip.ts';
import { normOf } from '../lib/kernels/reduce/sumAll.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Grads } from '../lib/module.ts';
import type { OptimizerWithState } from './state.ts';

/**
 * Clips each value of the gradients to −limit ... limit; a NaN stays a NaN. Returns new tensors.
 *
 *     const clipped = clipByValue(grads, 1);
 *     optimizer.step(clipped);
 */
export function clipByValue(grads: Grads, limit: number): Grads {
  checkLimit('clipByValue', limit);
  return tidy(() =>
    Object.fromEntries(
      Object.entries(grads).map(([name, grad]) => [name, clip(grad, -limit, limit)]),
    ),
  );
}

/**
 * Scales all gradients together so that the norm of all their values is at most the limit:
 *
 *   g ← g · min(1, limit / (‖g‖ + 1e-6))
 *
 * Returns new tensors.
 *
 * Source: Pascanu, Mikolov, Bengio 2013; the 1e-6 is PyTorch's.
 *
 *     const clipped = clipByNorm(grads, 1);
 *     optimizer.step(clipped);
 */
export function clipByNorm(grads: Grads, limit: number): Grads {
  checkLimit('clipByNorm', limit);
  if (Object.keys(grads).length === 0) return {};
  return tidy(() => {
    const { rest, scale } = normOf(Object.values(grads));
    // If the norm is NaN, all gradients become NaN.
    const ratio = div(scalar(limit), add(rest, scalar(1e-6)));
    const factor = scale === undefined ? clip(ratio, 0, 1) : minimum(ratio, scale);
    // The norm itself may be larger than any number of single precision, so it is not computed.
    const scaled = (grad: Tensor) => mul(scale === undefined ? grad : div(grad, scale), factor);
    return Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, scaled(grad)]));
  });
}

function checkLimit(caller: string, limit: number): void {
  if (typeof limit !== 'number' || !(limit > 0)) {
    throw new InputError(`${caller}: expected limit to be a number above 0, got ${show(limit)}`);
  }
  // A limit that is 0 in single precision would stop the training. The limit Infinity clips
  // nothing.
  if (limit === Infinity || isPositiveFloat(limit)) return;
  throw new InputError(
    `${caller}: expected limit to be a number ${FLOAT_RANGE}, got ${show(limit)}`,
  );
}

/**
 * The limit of `withGradientClipping`. It applies either to each value, or to the norm of all
 * gradients together.
 */
export type GradientClipping = { readonly value: number } | { readonly norm: number };

/**
 * Wraps an optimizer so that it receives clipped gradients.
 *
 *     const sgd = new SGD(network.params, { learningRate: 0.1 });
 *     const optimizer = withGradientClipping(sgd, { norm: 1 });
 */
export function withGradientClipping(
  optimizer: OptimizerWithState,
  clipping: GradientClipping,
): OptimizerWithState {
  const known = ['value', 'norm'] as const;
  checkOptions<{ value?: number; norm?: number }>('withGradientClipping', clipping, known);
  const given = Object.entries(clipping);
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : 'both';
    throw new InputError(`withGradientClipping: expected one of value, norm, got ${got}`);
  }
  checkLimit('withGradientClipping', given[0][1]);
  return {
    get learningRate() {
      return optimizer.learningRate;
    },
    set learningRate(rate) {
      optimizer.learningRate = rate;
    },
    step(grads) {
      const clipped =
        'value' in clipping ? clipByValue(grads, clipping.value) : clipByNorm(grads, clipping.norm);
      optimizer.step(clipped);
      disposeTensors(clipped);
    },
    state: () => optimizer.state(),
    restore: (state) => optimizer.restore(state),
    dispose: () => optimizer.dispose(),
  };
}
