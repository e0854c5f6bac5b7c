import { add, clipByValue, mul, sign, type Tensor } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import type { Cost } from '../lib/cost.ts';
import { InputError, show } from '../lib/errors.ts';
import { scalar } from '../lib/constant.ts';
import { tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { costGradient, inputGradient } from './inputGradient.ts';

/**
 * Adversarial inputs by the fast gradient sign method: each number moved by ε in the direction that
 * raises the cost, and kept in 0 ... 1:
 *
 *   x' = clip(x + ε sign(∂C/∂x), 0, 1)
 *
 * Shapes: input that of the network, in 0 ... 1; labels [N]; the result has the input's shape.
 * Errors: those of the boxes; an epsilon that is no number of at least 0.
 * Source: Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572, section 4.
 */
export function fastGradientSign(
  network: Module,
  input: Tensor,
  labels: Tensor,
  epsilon: number,
  cost: Cost = new SoftmaxCrossEntropy(),
): Tensor {
  if (!(epsilon >= 0 && epsilon < Infinity)) {
    throw new InputError(
      `fastGradientSign: expected epsilon to be a number of at least 0, got ${show(epsilon)}`,
    );
  }
  return tidy(() => {
    const gradient = inputGradient(network, input, costGradient(cost, labels));
    return clipByValue(add(input, mul(sign(gradient), scalar(epsilon))), 0, 1);
  });
}
