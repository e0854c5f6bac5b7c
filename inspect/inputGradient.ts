import type { Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Module } from '../lib/module.ts';

/**
 * Computes the gradient of a cost with respect to the input of a network, ∂C/∂x, which training
 * does not compute.
 *
 * @param gradient a function that returns the gradient of the cost with respect to the network's
 *   scores: `costGradient(cost, target)`, or a function that returns 1 at a class and 0 elsewhere.
 *   The function's intermediate tensors are disposed.
 * @param context the context of the forward pass; its mode is inference by default.
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

/**
 * Makes an argument for `inputGradient`: a function that returns the gradient of a cost with
 * respect to the scores.
 */
export const costGradient =
  (cost: Cost, target: Tensor) =>
  (scores: Tensor): Tensor =>
    cost.backpropToInput(cost.forward(scores, target).cache);
