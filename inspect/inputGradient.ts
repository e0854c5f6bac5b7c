import type { Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Module } from '../lib/module.ts';

/**
 * The gradient by the input of a network, ∂C/∂x, which training does not compute.
 *
 * @param gradient from the scores to the gradient by the scores: `costGradient(cost, target)`, or a
 *   function that returns 1 at a class and 0 elsewhere. Its intermediate tensors are disposed.
 * @param context of the forward pass, inference by default.
 *
 * Shapes: input as for the network; the result has the input's shape. The caller disposes the
 *         result.
 * Errors: those of the boxes and the cost.
 *
 *     const toward = costGradient(new SoftmaxCrossEntropy(), labels);
 *     const gradInput = inputGradient(network, input, toward);
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

/** A function from scores to the gradient of a cost by them, the argument of `inputGradient`. */
export const costGradient =
  (cost: Cost, target: Tensor) =>
  (scores: Tensor): Tensor =>
    cost.backpropToInput(cost.forward(scores, target).cache);
