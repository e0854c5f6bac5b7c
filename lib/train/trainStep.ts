import type { Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../cost.ts';
import { InputError } from '../errors.ts';
import { release, tidy } from '../memory.ts';
import type { Context, Grads, Module } from '../module.ts';
import { areFinite } from './finite.ts';
import { findNonFinite } from './findNonFinite.ts';

/** What a training loop needs of an optimizer. */
export interface Optimizer {
  learningRate: number;
  /** Changes the parameters. The caller keeps, and disposes, the gradients. */
  step(grads: Grads): void;
}

export interface StepContext extends Context {
  /** The number of the step, for messages. */
  readonly step?: number;
}

/**
 * One training step:
 *
 *   x_out = F(x_in, w)        forward
 *   C = C(x_out, y)           the cost, and ∂C/∂x_out
 *   ∂C/∂w                     one sweep back
 *   w ← w − ...               the optimizer
 *
 * Leaves as many tensors alive as it found, but for what the optimizer keeps from its first step on.
 *
 * Shapes: input and target those of the network and the cost.
 * Errors: those of the boxes; a loss or gradient that is NaN or infinite, named with the first box that produced it:
 *         `non-finite loss at step 12: first in the output of Sequential[2] > Linear`. Whatever is thrown, no
 *         parameter has changed.
 * Source: lecture, "Backpropagation: summary".
 * @returns C, from before the change of w.
 */
export function trainStep(
  network: Module,
  cost: Cost,
  optimizer: Optimizer,
  input: Tensor,
  target: Tensor,
  context: StepContext = { mode: 'training' },
): number {
  const before: Context = { ...context, ...(context.rng && { rng: context.rng.clone() }) };
  const fail = (what: string) => {
    const when = context.step === undefined ? '' : ` at step ${context.step}`;
    const where = findNonFinite(network, cost, input, target, before);
    return new InputError(
      `non-finite ${what}${when}: first in ${where ?? 'no box when the step is run again'}`,
    );
  };
  return tidy(() => {
    const { output, cache } = network.forward(input, context);
    const { loss, cache: costCache } = cost.forward(output, target);
    const [value] = loss.dataSync();
    if (!Number.isFinite(value)) throw fail('loss');
    network.updateBuffers(cache);
    const gradOutput = cost.backpropToInput(costCache);
    release([output, loss, costCache]);
    const grads = network.sweep(gradOutput, cache);
    if (!areFinite(Object.values(grads))) throw fail('gradient');
    // An update can overflow, and a pooling window can then swallow what its parameter made: no loss would show it.
    if (!areFinite(Object.values(network.params))) throw fail('parameter');
    optimizer.step(grads);
    return value;
  });
}
