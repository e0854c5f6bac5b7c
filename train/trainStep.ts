import { mul, stack, zeros, zerosLike, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import type { Cost } from '../lib/cost.ts';
import { InputError } from '../lib/errors.ts';
import type { Share } from '../lib/group.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { BatchNormContext } from '../modules/batchNorm.ts';
import type { Grads, Module } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';
import type { StepCompiler } from '../lib/kernels/graph/stepCompiler.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { ActivationCheck } from './activationCheck.ts';
import { findNonFinite } from './findNonFinite.ts';
import type { GradientExchange } from './gradientExchange.ts';
import { wholeBatch, type WholeBatch } from './wholeBatch.ts';

/** The part of an optimizer that `trainStep` uses. */
export interface Optimizer {
  /** The learning rate. If there is a schedule, the `Trainer` sets it before each step. */
  learningRate: number;
  /** Updates the parameters with their gradients. The caller still owns the gradients. */
  step(grads: Grads): void;
}

/** The options of `trainStep`. */
export interface TrainStepOptions {
  /** The network to train. */
  readonly network: Module;
  /** The cost of the network's output and the target. */
  readonly cost: Cost;
  /** The optimizer of the network's parameters. */
  readonly optimizer: Optimizer;
  /** A batch of inputs. */
  readonly input: Tensor;
  /** The target of the cost: labels or values, one per example. */
  readonly target: Tensor;
  /** Required by boxes that draw random numbers in training, such as `Dropout`. */
  readonly rng?: Rng;
  /** The number of the step, which error messages state. */
  readonly step?: number;
  /**
   * Receives the output and the gradients before the update, if all values of the step are finite.
   * The step awaits the callback, and then disposes the output and the gradients.
   */
  readonly beforeUpdate?: (computed: { output: Tensor; grads: Grads }) => void | Promise<void>;
  /**
   * Runs the two parts of the step, gradients and update, as graphs on TensorFlow. The caller uses
   * the same compiler for all steps, and disposes it.
   */
  readonly compiler?: StepCompiler;
  /**
   * Makes all ranks of a group do the step together: each rank calls `trainStep` with its part of
   * the batch, which may be empty, and all get the loss and the update of the whole batch. The
   * caller uses the same exchange for all steps.
   */
  readonly exchange?: GradientExchange;
  /**
   * The place of the examples in the batch of all ranks. Without it, the ranks exchange the sizes
   * of their parts in each step.
   */
  readonly share?: Share;
  /**
   * Whether BatchNorm uses the statistics of the examples of all ranks; by default it uses those of
   * each rank.
   */
  readonly syncBatchNorm?: boolean;
}

/**
 * Does one training step:
 *
 *   x_out = F(x_in, w)        forward
 *   C = C(x_out, y)           the cost, and ∂C/∂x_out
 *   ∂C/∂w                     one backward pass
 *   w ← w − ...               the optimizer
 *
 * The step leaves no tensors behind, except those that the optimizer keeps. It waits for only one
 * small tensor, which holds the loss and whether the gradients and the parameters are finite.
 *
 * Shapes: input as for the network, target as for the cost.
 * Errors: those of the boxes; a loss, gradient, parameter, input or activation that is NaN or
 *         infinite (the message names the box that first produced such a value). If the step
 *         throws, no parameter and no buffer has changed.
 * Limits: two kinds of infinite activations are not found: one on which no output depends, such as
 *         a pixel between the windows of a pool; and one inside a box that runs other boxes but is
 *         not a `Container`.
 * Source: lecture, "Backpropagation: summary".
 * @returns C of the whole batch, computed before w changes.
 *
 *     const optimizer = new SGD(network.params, { learningRate: 0.1 });
 *     const loss = await trainStep({ network, cost, optimizer, input, target });
 */
export async function trainStep(options: TrainStepOptions): Promise<number> {
  checkOptions('trainStep', options, OPTIONS);
  const { network, cost, optimizer, target, rng, step, beforeUpdate, compiler } = options;
  const { exchange, syncBatchNorm = false } = options;
  const batch = wholeBatch(exchange?.group, cost, options);
  const { share } = batch;
  const isEmpty = share?.count === 0;
  // Boxes refuse a batch without examples, so zeros that do not count stand in for it.
  const input = isEmpty ? zeros([1, ...options.input.shape.slice(1)]) : options.input;
  const run: StepCompiler['run'] = compiler?.run ?? ((part) => part());
  const before: BatchNormContext = {
    mode: 'training',
    ...(rng && { rng: rng.clone() }),
    ...(share && { share }),
  };
  let activations = new ActivationCheck(input);
  let random = rng;
  const buffers = Object.values(network.buffers).map((buffer) => ({
    buffer,
    kept: buffer.clone(),
  }));
  const restoreBuffers = () => {
    for (const { buffer, kept } of buffers) if (!buffer.isDisposed) buffer.assign(kept);
  };
  let grads: Grads = {};
  let observed: Tensor[] = [];
  const compute = () =>
    tidy(() => {
      const { afterBox } = activations;
      const context: BatchNormContext = {
        ...before,
        ...(random && { rng: random }),
        afterBox: (box, x, output) => {
          afterBox(box, x, output);
          exchange?.afterForward(box);
        },
        ...(syncBatchNorm && exchange && { batchNormGroup: exchange.group }),
      };
      const { output, cache } = network.forward(input, context);
      // A cost can hide an infinity too, such as a score of −∞ for a class that is not the target.
      activations.add(output);
      const { loss, gradOutput } = costOf(output, batch, options);
      network.updateBuffers(cache);
      if (beforeUpdate === undefined) disposeTensors(output);
      const seen = isEmpty ? zeros([0, ...output.shape.slice(1)]) : output;
      const grads = network.backpropParams(gradOutput, cache, (box, gradParams) =>
        exchange?.add(box, gradParams),
      );
      // The parameters and the input are checked too. The loss can be finite although one of their
      // values is not, for example because a max pool hides the value.
      const finite = [Object.values(grads), Object.values(network.params), [input]].map(
        zeroIfFinite,
      );
      const verdicts = stack([loss, ...finite, ...activations.sums]);
      return { grads, output: beforeUpdate && [seen], verdicts };
    });
  const undo = () => {
    restoreBuffers();
    disposeTensors(activations.sums);
    activations = new ActivationCheck(input);
    random = before.rng?.clone();
    exchange?.restart();
  };
  try {
    exchange?.begin();
    // A forward pass with `syncBatchNorm` cannot run again, because the other ranks go on.
    const computed = run(compute, syncBatchNorm && exchange ? undefined : undo);
    grads = computed.grads;
    observed = computed.output ?? [];
    const [loss, gradsVerdict, paramsVerdict, inputVerdict, ...sums] =
      await computed.verdicts.data();
    disposeTensors(computed.verdicts);
    const verdicts = [
      ['loss', !Number.isFinite(loss)],
      ['gradient', gradsVerdict !== 0],
      ['parameter', paramsVerdict !== 0],
      ['input', inputVerdict !== 0],
      ['activation', !isEmpty && !sums.every(Number.isFinite)],
    ] as const;
    const [broken] = verdicts.find(([, isBad]) => isBad) ?? [];
    let problem: string | undefined;
    if (broken !== undefined) {
      const when = step === undefined ? '' : ` at step ${step}`;
      const again = findNonFinite({ network, cost, input, target, context: before });
      // A part of a batch may be too small for BatchNorm alone; then the place is not known.
      const where = await (exchange ? again.catch(() => undefined) : again);
      // The sum of large activations can overflow although all activations are finite.
      if (broken !== 'activation' || where !== undefined)
        problem = `non-finite ${broken}${when}: first in ${where ?? 'no box when the step is run again'}`;
    }
    let total = loss;
    if (exchange !== undefined) {
      const own = grads;
      // The other buffers are equal on all ranks, and a mean would round their values.
      const updated = Object.entries(network.buffers).filter(
        ([, buffer], i) => buffer.dataId !== buffers[i].kept.dataId,
      );
      const rank = { grads: own, buffers: Object.fromEntries(updated), batch, loss, problem };
      ({ grads, loss: total } = await exchange.finish(rank));
      disposeTensors(own);
      await requireFiniteSums(grads, step);
    } else if (problem !== undefined) throw new InputError(problem);
    if (observed.length > 0) await beforeUpdate?.({ output: observed[0], grads });
    run(() => optimizer.step(grads));
    return total;
  } catch (error) {
    await exchange?.drain();
    restoreBuffers();
    throw error;
  } finally {
    disposeTensors([grads, observed, activations.sums, buffers.map(({ kept }) => kept)]);
    if (isEmpty) disposeTensors(input);
  }
}

/** Computes C and ∂C/∂x of a part of a batch; ∂C/∂x is that of the cost of the whole batch. */
function costOf(
  output: Tensor,
  { scale }: WholeBatch,
  { cost, target }: TrainStepOptions,
): { loss: Scalar; gradOutput: Tensor } {
  // Examples that do not count have no mean.
  if (scale === 0) return { loss: scalar(0), gradOutput: zerosLike(output) };
  const { loss, cache } = cost.forward(output, target);
  const gradOutput = cost.backpropToInput(cache);
  disposeTensors(cache);
  return { loss, gradOutput: scale === 1 ? gradOutput : mul(gradOutput, scalar(scale)) };
}

/** Finite gradients of the ranks can have an infinite sum. */
async function requireFiniteSums(grads: Grads, step: number | undefined): Promise<void> {
  const verdict = tidy(() => zeroIfFinite(Object.values(grads)));
  const [value] = await verdict.data();
  disposeTensors(verdict);
  if (value === 0) return;
  const when = step === undefined ? '' : ` at step ${step}`;
  throw new InputError(`non-finite gradient${when}: first in the sum over the ranks`);
}

const OPTIONS = [
  'network',
  'cost',
  'optimizer',
  'input',
  'target',
  'rng',
  'step',
  'beforeUpdate',
  'compiler',
  'exchange',
  'share',
  'syncBatchNorm',
] as const;
