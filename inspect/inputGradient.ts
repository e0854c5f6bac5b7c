import type { Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Module } from '../lib/module.ts';

/**
 * ∂C/∂x of the data: what the first box of a network is not asked for in training.
 *
 * @param gradient of the scores, from the scores: a cost's with `costGradient`, or 1 at a class and
 *   0 elsewhere. What it makes on the way is let go.
 * Shapes: input that of the network; the result has its shape, and is the caller's.
 */
export function inputGradient(
  network: Module,
  input: Tensor,
  gradient: (scores: Tensor) => Tensor,
  context: Context = { mode: 'inference' },
): Tensor {
  return tidy(() => {
    const { output, cache } = network.forward(input, context);
    const { gradInput, gradParams } = network.backprop(gradient(output), cache);
    disposeTensors(gradParams);
    return gradInput;
  });
}

/** The gradient of a cost of these targets, for `inputGradient`. */
export const costGradient =
  (cost: Cost, target: Tensor) =>
  (scores: Tensor): Tensor =>
    cost.backpropToInput(cost.forward(scores, target).cache);
