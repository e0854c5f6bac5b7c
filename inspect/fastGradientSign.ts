import { add, clipByValue, mul, sign, type Tensor } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { checkOptions } from '../lib/check.ts';
import type { Cost } from '../lib/cost.ts';
import { InputError, show } from '../lib/errors.ts';
import { scalar } from '../lib/constant.ts';
import { tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { costGradient, inputGradient } from './inputGradient.ts';

/** The options of `fastGradientSign`. */
export interface FastGradientSignOptions {
  /** A batch of inputs of the network, with values in 0 ... 1. */
  readonly input: Tensor;
  /**
   * The targets for the cost. The default cost expects the class of each example, as an int32
   * vector.
   */
  readonly labels: Tensor;
  /** The amount by which each value changes, at least 0. */
  readonly epsilon: number;
  /** The cost that the change increases; by default a new `SoftmaxCrossEntropy()`. */
  readonly cost?: Cost;
}

/**
 * Makes adversarial inputs by the fast gradient sign method. Each value changes by ε (`epsilon`) in
 * the direction that increases the cost, but stays in 0 ... 1:
 *
 *   x' = clip(x + ε sign(∂C/∂x), 0, 1)
 *
 * Shapes: input [N, ...]; labels [N]; the result has the input's shape. The caller disposes the
 *         result.
 * Errors: an unknown option; an epsilon that is not a finite number of at least 0; those of the
 *         boxes and the cost.
 * Source: Goodfellow, Shlens, Szegedy 2015, arXiv:1412.6572, section 4.
 *
 *     const { input, labels } = test.batch(Int32Array.of(0, 1, 2));
 *     const adversarial = fastGradientSign(network, { input, labels, epsilon: 0.25 });
 */
export function fastGradientSign(network: Module, options: FastGradientSignOptions): Tensor {
  checkOptions('fastGradientSign', options, ['input', 'labels', 'epsilon', 'cost']);
  const { input, labels, epsilon, cost = new SoftmaxCrossEntropy() } = options;
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
