import { stack, type Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import { InputError } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Grads, Module } from '../lib/module.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
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
  /**
   * Looks at a step that is finite, before the parameters move. The tensors live until it returns; it is waited for.
   */
  readonly observe?: (seen: { output: Tensor; grads: Grads }) => void | Promise<void>;
}

/**
 * One training step:
 *
 *   x_out = F(x_in, w)        forward
 *   C = C(x_out, y)           the cost, and ∂C/∂x_out
 *   ∂C/∂w                     one sweep back
 *   w ← w − ...               the optimizer
 *
 * Leaves as many tensors alive as it found, but for what the optimizer keeps from its first step on. One small tensor is
 * read, and waited for: the loss, and whether gradients and parameters are finite.
 *
 * Shapes: input and target those of the network and the cost.
 * Errors: those of the boxes; a loss or gradient that is NaN or infinite, named with the first box that produced it:
 *         `non-finite loss at step 12: first in the output of Sequential[2] > Linear`. Whatever is thrown, no
 *         parameter and no buffer has changed.
 * Source: lecture, "Backpropagation: summary".
 * @returns C, from before the change of w.
 */
export async function trainStep(
  network: Module,
  cost: Cost,
  optimizer: Optimizer,
  input: Tensor,
  target: Tensor,
  context: StepContext = { mode: 'training' },
): Promise<number> {
  const before: Context = { ...context, ...(context.rng && { rng: context.rng.clone() }) };
  const buffers = Object.values(network.buffers).map((buffer) => ({
    buffer,
    kept: buffer.clone(),
  }));
  let grads: Grads = {};
  let seen: Tensor[] = [];
  try {
    const computed = tidy(() => {
      const { output, cache } = network.forward(input, context);
      const { loss, cache: costCache } = cost.forward(output, target);
      network.updateBuffers(cache);
      const gradOutput = cost.backpropToInput(costCache);
      disposeTensors(costCache);
      if (context.observe === undefined) disposeTensors(output);
      const grads = network.backpropParams(gradOutput, cache);
      // An update can overflow, and a pooling window can then swallow what its parameter made: no loss would show it.
      const finite = [Object.values(grads), Object.values(network.params)].map(zeroIfFinite);
      return { grads, output: context.observe && [output], verdicts: stack([loss, ...finite]) };
    });
    grads = computed.grads;
    seen = computed.output ?? [];
    const [loss, ofGrads, ofParams] = await computed.verdicts.data();
    disposeTensors(computed.verdicts);
    const broken = !Number.isFinite(loss)
      ? 'loss'
      : ofGrads !== 0
        ? 'gradient'
        : ofParams !== 0
          ? 'parameter'
          : '';
    if (broken !== '') {
      const when = context.step === undefined ? '' : ` at step ${context.step}`;
      const where = await findNonFinite(network, cost, input, target, before);
      throw new InputError(
        `non-finite ${broken}${when}: first in ${where ?? 'no box when the step is run again'}`,
      );
    }
    if (seen.length > 0) await context.observe?.({ output: seen[0], grads });
    optimizer.step(grads);
    return loss;
  } catch (error) {
    for (const { buffer, kept } of buffers) if (!buffer.isDisposed) buffer.assign(kept);
    throw error;
  } finally {
    disposeTensors([grads, seen, buffers.map(({ kept }) => kept)]);
  }
}
